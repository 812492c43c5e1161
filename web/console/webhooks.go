package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

const webhooksPath = rootPath + "/webhooks"

// refusedRows is how many tenants with refused requests are shown.
const refusedRows = 5

func (k *Console) webhooksPage() page {
	return page{
		route: "/webhooks", file: "webhooks", section: "/webhooks", load: k.loadWebhooks, every: 3 * time.Second,
		query: []string{"tenant", "state", "problem", "after"},
	}
}

// webhooks is the data of the page.
type webhooks struct {
	Filter   tenantFilter
	States   []option
	Problems []option
	Rows     []webhookRow
	Refused  []refusedTenant
	Pager    pager
	Clear    string
}

type webhookRow struct {
	gen.SystemWebhooksRow
	Href    string
	Tone    tone
	Word    string // the state
	Outcome string // the problem, or why it waits
}

// refusedTenant is a tenant at whose webhook address requests were refused.
type refusedTenant struct {
	gen.SystemRefusedWebhooksRow
	Reason string
}

func webhookHref(tenantID, webhookID uuid.UUID) string {
	return fmt.Sprintf("%s/%s/%s", webhooksPath, tenantID, webhookID)
}

func (k *Console) loadWebhooks(ctx context.Context, at place) (any, error) {
	state, problem := at.query.Get("state"), at.query.Get("problem")
	shown := webhooks{States: webhookStates(state), Problems: webhookProblems(outcome.Code(problem))}
	after, err := at.after()
	if err != nil || !validSearch(problem) {
		return nil, errNotFound
	}
	before := uuid.Max
	if after != "" {
		if before, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	if shown.Filter, err = k.readTenantFilter(ctx, at); err != nil {
		return nil, err
	}
	rows, err := k.listWebhooks(ctx, shown.Filter.IDs, state, problem, before)
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
	refused, err := gen.New().SystemRefusedWebhooks(ctx, k.config.Pool, shown.Filter.IDs, refusedRows)
	if err != nil {
		return nil, fmt.Errorf("list refused webhooks: %w", err)
	}
	for _, row := range refused {
		shown.Refused = append(shown.Refused, refusedTenant{row, refusedText(row.LastRefusedReason)})
	}
	if state != "" || problem != "" || shown.Filter.Text != "" {
		shown.Clear = webhooksPath
	}
	return shown, nil
}

// listWebhooks lists the newest webhooks, with the query whose index fits the filters best.
func (k *Console) listWebhooks(
	ctx context.Context, tenants []uuid.UUID, state, problem string, before uuid.UUID,
) (rows []gen.SystemWebhooksRow, err error) {
	states := []string{queue.StatePending, queue.StateDone, queue.StateAttention}
	if state != "" {
		states = []string{state}
	}
	switch {
	case tenants != nil:
		found, err := gen.New().SystemWebhooksOfTenants(ctx, k.config.Pool, gen.SystemWebhooksOfTenantsParams{
			TenantIds: tenants, States: states, Problem: db.NullText(problem), Before: before, MaxRows: pageRows + 1,
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

// webhookProblems returns the problems to filter by.
func webhookProblems(chosen outcome.Code) (options []option) {
	infos := slices.Concat(outcome.Webhook.Of(outcome.Case), outcome.Webhook.Of(outcome.Ended))
	if chosen != "" && !slices.ContainsFunc(infos, func(i outcome.Info) bool { return i.Code == chosen }) {
		infos = append(infos, outcome.Info{Code: chosen, Meaning: string(chosen)})
	}
	for _, info := range infos {
		options = append(options, option{string(info.Code), sentence(info.Meaning), info.Code == chosen})
	}
	return options
}

// webhookBadge returns the badge for the state of a webhook.
func webhookBadge(state string, problem outcome.Code) (tone, string) {
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
	shown := webhookRow{
		SystemWebhooksRow: row, Href: webhookHref(row.TenantID, row.WebhookID),
		Outcome: meaning(outcome.Webhook, row.Problem),
	}
	shown.Tone, shown.Word = webhookBadge(row.State, outcome.Code(row.Problem))
	if row.State == queue.StatePending {
		shown.Outcome = waitsText(waitingReason(row.Paused, row.KeyState, outcome.Code(row.WaitingFor)))
	}
	return shown
}

// waitingReason says why a pending row waits.
func waitingReason(paused bool, keyState string, waitingFor outcome.Code) outcome.Code {
	switch {
	case paused:
		return outcome.WaitsPaused
	case keyState != db.KeyOK:
		return outcome.WaitsCredentials
	default:
		return cmp.Or(waitingFor, outcome.WaitsQueue)
	}
}

// refusedText says why a request to a webhook's address was refused.
func refusedText(reason string) string {
	switch reason {
	case "wrong_signature":
		return "signed with another secret"
	case "missing_signature":
		return "not signed"
	default:
		return reason
	}
}
