package console

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

const webhooksPath = rootPath + "/webhooks"

// refusingRows is how many tenants are shown at whose address requests were refused.
const refusingRows = 5

func (k *Console) webhooksPage() page {
	return page{route: "/webhooks", file: "webhooks", section: "/webhooks", load: k.loadWebhooks, every: 3 * time.Second}
}

// webhooks is what the page shows.
type webhooks struct {
	Whose    whose
	States   []option
	Problems []option
	Rows     []webhookRow
	Refusing []refusing
	Pager    pager
	Clear    string
}

type webhookRow struct {
	gen.SystemWebhooksRow
	Href    string
	Tone    tone
	Word    string // the state
	Outcome string // more about it
}

// refusing is a tenant at whose address requests were refused.
type refusing struct {
	gen.SystemRefusedWebhooksRow
	Reason string
}

func webhookHref(tenant, webhook uuid.UUID) string {
	return fmt.Sprintf("%s/%s/%s", webhooksPath, tenant, webhook)
}

func (k *Console) loadWebhooks(ctx context.Context, at place) (any, error) {
	state, problem := at.query.Get("state"), at.query.Get("problem")
	shown := webhooks{States: webhookStates(state), Problems: webhookOutcomes(problem)}
	after, err := at.after()
	if err != nil || !legible(problem) {
		return nil, errNotFound
	}
	before := uuid.Max
	if after != "" {
		if before, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	if shown.Whose, err = k.whose(ctx, at); err != nil {
		return nil, err
	}
	rows, err := k.listWebhooks(ctx, shown.Whose.IDs, state, problem, before)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	next := ""
	if len(rows) > pageRows {
		rows = rows[:pageRows]
		next = rows[pageRows-1].WebhookID.String()
	}
	shown.Pager = at.pages(next)
	for _, row := range rows {
		shown.Rows = append(shown.Rows, newWebhookRow(row))
	}
	refused, err := gen.New().SystemRefusedWebhooks(ctx, k.config.Pool, shown.Whose.IDs, refusingRows)
	if err != nil {
		return nil, fmt.Errorf("list refused webhooks: %w", err)
	}
	for _, row := range refused {
		shown.Refusing = append(shown.Refusing, refusing{row, refusedText(row.LastRefusedReason)})
	}
	if state != "" || problem != "" || shown.Whose.Text != "" {
		shown.Clear = webhooksPath
	}
	return shown, nil
}

// listWebhooks lists the newest webhooks by the query whose index narrows most.
func (k *Console) listWebhooks(ctx context.Context, tenants []uuid.UUID, state, problem string, before uuid.UUID) (rows []gen.SystemWebhooksRow, err error) {
	states := []string{queue.StatePending, queue.StateDone, queue.StateAttention}
	if state != "" {
		states = []string{state}
	}
	switch {
	case tenants != nil:
		found, err := gen.New().SystemWebhooksOfTenants(ctx, k.config.Pool, gen.SystemWebhooksOfTenantsParams{
			TenantIds: tenants, States: states, Problem: nullable(problem), Before: before, MaxRows: pageRows + 1,
		})
		for _, row := range found {
			rows = append(rows, gen.SystemWebhooksRow(row))
		}
		return rows, err
	case problem != "":
		found, err := gen.New().SystemWebhooksOfProblem(ctx, k.config.Pool, gen.SystemWebhooksOfProblemParams{
			States: states, Problem: &problem, Before: before, MaxRows: pageRows + 1,
		})
		for _, row := range found {
			rows = append(rows, gen.SystemWebhooksRow(row))
		}
		return rows, err
	default:
		return gen.New().SystemWebhooks(ctx, k.config.Pool, states, before, pageRows+1)
	}
}

func webhookStates(chosen string) (options []option) {
	for _, state := range []string{queue.StatePending, queue.StateDone, queue.StateAttention} {
		_, word := webhookBadge(state, "")
		options = append(options, option{state, word, state == chosen})
	}
	return options
}

func webhookOutcomes(chosen string) (options []option) {
	problems := []string{
		"not_found", "two_matches", "no_name_or_email", "jazzhr_unreadable",
		queue.ProblemUnreadable, queue.ProblemConflict, queue.ProblemDisconnected,
	}
	if chosen != "" && !slices.Contains(problems, chosen) {
		problems = append(problems, chosen)
	}
	for _, problem := range problems {
		options = append(options, option{problem, outcomeText(problem), problem == chosen})
	}
	return options
}

// webhookBadge is how the state of a webhook shows.
func webhookBadge(state, problem string) (tone, string) {
	switch {
	case state == queue.StatePending:
		return wait, "Being resolved"
	case state == queue.StateAttention:
		return bad, "Needs a person"
	case problem != "":
		return warn, "Done"
	default:
		return good, "Done"
	}
}

func newWebhookRow(row gen.SystemWebhooksRow) webhookRow {
	shown := webhookRow{SystemWebhooksRow: row, Href: webhookHref(row.TenantID, row.WebhookID), Outcome: outcomeText(row.Problem)}
	shown.Tone, shown.Word = webhookBadge(row.State, row.Problem)
	if row.State == queue.StatePending {
		shown.Outcome = "waits " + reasonText(webhookReason(row.Paused, row.KeyState, row.WaitingFor))
	}
	return shown
}

// webhookReason is why a webhook that is pending waits.
func webhookReason(paused bool, keyState, waitingFor string) string {
	switch {
	case paused:
		return queue.WaitingForPaused
	case keyState != "ok":
		return queue.WaitingForCredentials
	case waitingFor != "":
		return waitingFor
	default:
		return queue.WaitingForQueue
	}
}

// refusedText says why a request at a webhook's address was refused.
func refusedText(reason string) string {
	switch reason {
	case "wrong_signature":
		return "signed with another secret"
	case "missing_signature":
		return "not signed at all"
	default:
		return reason
	}
}
