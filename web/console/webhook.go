package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

func (k *Console) webhookPage() page {
	return page{
		route: "/webhooks/:tenant/:webhook", file: "webhook", section: "/webhooks", load: k.loadWebhook,
		every: 3 * time.Second,
	}
}

// webhook is the data of the page.
type webhook struct {
	Row           gen.Webhook
	Tenant        tenantName
	Href          string
	Tone          tone
	Word          string
	Outcome       string
	Requests      []interviewRequest
	CanReplay     bool   // it can be resolved again
	ReplayBlocked string // why it can't be resolved again
	Unmasked      bool   // personal data is shown
}

// Attention returns the address of its case.
func (w webhook) Attention() string { return caseHref(w.Tenant.ID, w.Row.WebhookID) }

// interviewRequest is an interview that a webhook asked for.
type interviewRequest struct{ gen.RequestsOfWebhookRow }

// Job returns what is known of the job: its title, else its id, else the title that the webhook
// gave.
func (a interviewRequest) Job() string {
	_, title, _ := strings.Cut(a.JobKey, " title:")
	return cmp.Or(a.Title, a.JobID, title)
}

// header is a header of a webhook.
type header struct{ Name, Value string }

// Headers returns the headers that are kept.
func (w webhook) Headers() []header {
	var kept map[string]string
	if json.Unmarshal(w.Row.Headers, &kept) != nil {
		return nil
	}
	var list []header
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		value := kept[name]
		if !w.Unmasked && !slices.Contains(unmaskedHeaders(), name) {
			value = mask
		}
		list = append(list, header{name, value})
	}
	return list
}

// body is the body of a webhook as it is shown.
type body struct {
	Text  string
	Cut   bool
	JSON  bool
	Bytes int
}

// Body returns the body as it is shown. A body that is not JSON has a text only if it is unmasked.
func (w webhook) Body() body {
	b := body{Bytes: len(w.Row.Body)}
	b.Text, b.Cut, b.JSON = layOut(w.Row.Body, w.Unmasked)
	if !b.JSON && w.Unmasked {
		b.Text = strings.ToValidUTF8(string(w.Row.Body[:min(len(w.Row.Body), layoutLimit)]), "\uFFFD")
		b.Cut = len(w.Row.Body) > layoutLimit
	}
	return b
}

// Emptied reports whether the body is deleted.
func (w webhook) Emptied() bool { return w.Row.Body == nil }

func (k *Console) loadWebhook(ctx context.Context, at place) (any, error) {
	tenantID, id, err := webhookOf(at)
	if err != nil {
		return nil, err
	}
	var shown webhook
	err = db.InTenant(ctx, k.config.Pool, tenantID, func(tx db.TenantTx) error {
		shown, err = readWebhook(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// webhookOf returns the ids of the webhook that a place names.
func webhookOf(at place) (tenantID, webhookID uuid.UUID, err error) {
	if tenantID, err = at.id("tenant"); err != nil {
		return tenantID, webhookID, err
	}
	webhookID, err = at.id("webhook")
	return tenantID, webhookID, err
}

func readWebhook(ctx context.Context, tx db.TenantTx, id uuid.UUID) (w webhook, err error) {
	t, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, errNotFound
	}
	if err != nil {
		return w, fmt.Errorf("read tenant: %w", err)
	}
	w.Tenant, w.Href = tenantName{t.TenantID, t.Name}, webhookHref(t.TenantID, id)
	w.Row, err = tx.Q.Webhook(ctx, tx, tx.Tenant, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, errNotFound
	}
	if err != nil {
		return w, fmt.Errorf("read webhook: %w", err)
	}
	requests, err := tx.Q.RequestsOfWebhook(ctx, tx, tx.Tenant, &id)
	if err != nil {
		return w, fmt.Errorf("read the webhook's requests: %w", err)
	}
	for _, row := range requests {
		w.Requests = append(w.Requests, interviewRequest{row})
	}
	problem := outcome.Of(w.Row.Problem)
	w.Tone, w.Word = webhookBadge(w.Row.State, problem)
	w.Outcome = meaning(outcome.Webhook, string(problem))
	switch {
	case w.Row.State == queue.StatePending:
		w.Outcome = waitsText(waitingReason(t.PausedAt != nil, t.KeyState, outcome.Of(w.Row.WaitingFor)))
		w.ReplayBlocked = "It is being resolved now."
	case w.Emptied():
		w.ReplayBlocked = "Its body is deleted, so there is nothing to resolve."
	case !db.Connected(t.Connection):
		w.ReplayBlocked = "The tenant is not connected to JazzHR."
	case intake.JobOf(w.Row.Event, tx.Tenant, id) == nil:
		w.ReplayBlocked = unknownEvent
	default:
		w.CanReplay = true
	}
	return w, nil
}

// reveal shows a webhook unmasked, in this answer only, and records who asked.
func (k *Console) reveal(ctx context.Context, f form) (shown any, err error) {
	tenantID, id, err := webhookOf(f.place)
	if err != nil {
		return nil, err
	}
	var w webhook
	err = db.InTenant(ctx, k.config.Pool, tenantID, func(tx db.TenantTx) error {
		if w, err = readWebhook(ctx, tx, id); err != nil {
			return err
		}
		return record.Add(ctx, tx, record.Action{
			Who: f.who, Tenant: tenantID, What: record.Revealed, Target: id.String(),
		})
	})
	if err != nil {
		return nil, err
	}
	w.Unmasked = true
	return w, nil
}

// replay has a webhook resolved again.
func (k *Console) replay(ctx context.Context, f form) (to, text string, err error) {
	tenantID, id, err := webhookOf(f.place)
	if err != nil {
		return "", "", err
	}
	err = db.InTenant(ctx, k.config.Pool, tenantID, func(tx db.TenantTx) error {
		if err := intake.Replay(ctx, tx, k.config.Client, id); err != nil {
			return err
		}
		return record.Add(ctx, tx, record.Action{
			Who: f.who, Tenant: tenantID, What: record.Replayed, Target: id.String(),
		})
	})
	to = webhookHref(tenantID, id)
	switch {
	case errors.Is(err, queue.ErrNoTenant), errors.Is(err, intake.ErrNoWebhook):
		return "", "", errNotFound
	case errors.Is(err, queue.ErrNotConnected):
		return problemOn(to, "The tenant is not connected to JazzHR. Connect it first.")
	case errors.Is(err, intake.ErrPending):
		return problemOn(to, "It is being resolved already.")
	case errors.Is(err, intake.ErrEmptied):
		return problemOn(to, "Its body is deleted, so there is nothing to resolve.")
	case errors.Is(err, intake.ErrUnknownEvent):
		return problemOn(to, unknownEvent)
	case err != nil:
		return "", "", err
	}
	return to, "It is being resolved again.", nil
}

// unknownEvent says why a webhook can't be resolved whose event is in no row of [intake.Events].
const unknownEvent = "The service does nothing with webhooks of this event."

// webhookEvidence is a webhook that is a case, beside the one that came first under its id.
type webhookEvidence struct {
	Webhook     webhook
	First       *webhook // of a conflict
	Description string   // what the body is, if it is no known event
	Differences []string // the paths at which the two differ
	More        int      // how many more differences there are
}

// maxDifferences is how many differences are listed.
const maxDifferences = 20

// hashLength is the length of a body's hash in hex. The key of a conflict ends with that hash.
const hashLength = 64

// addWebhook fills in a case about a webhook.
func (v *caseView) addWebhook(ctx context.Context, tx db.TenantTx, row gen.Webhook) error {
	v.Kind, v.State, v.Since = writeback.CaseWebhook, row.State, row.ReceivedAt
	v.Open = row.State == queue.StateAttention
	v.Problem, v.Thing = outcome.Of(row.Problem), "the candidate"
	v.Info = caseInfo(v.Kind, v.Problem, v.Thing)
	if v.Open {
		v.Decision.Choices = choicesOn(v.Kind, v.Problem, "")
	}
	w, err := readWebhook(ctx, tx, row.WebhookID)
	if err != nil {
		return err
	}
	v.Webhook = &webhookEvidence{Webhook: w, Description: describeBody(row.Body, row.Event)}
	key, conflict := strings.CutPrefix(row.DedupKey, "conflict:")
	if !conflict || len(key) <= hashLength {
		return nil
	}
	firsts, err := tx.Q.WebhookOfKey(ctx, tx, tx.Tenant, key[:len(key)-hashLength-1])
	if err != nil {
		return fmt.Errorf("read the webhook that came first: %w", err)
	}
	if len(firsts) == 0 {
		return nil
	}
	first, err := readWebhook(ctx, tx, firsts[0].WebhookID)
	if err != nil {
		return err
	}
	v.Webhook.First = &first
	paths := differences(first.Row.Body, row.Body)
	v.Webhook.Differences = paths[:min(len(paths), maxDifferences)]
	v.Webhook.More = len(paths) - len(v.Webhook.Differences)
	return nil
}

// describeBody says why a body is not one of a known event.
func describeBody(body []byte, event string) string {
	var members map[string]json.RawMessage
	switch {
	case body == nil:
		return "Its body is deleted."
	case len(body) == 0:
		return "It has no body."
	case !json.Valid(body):
		return "Its body is not JSON."
	case json.Unmarshal(body, &members) != nil:
		return "Its body is JSON, but not an object."
	case intake.JobOf(event, uuid.Nil, uuid.Nil) == nil:
		return "Its event is “" + event + "”. " + unknownEvent
	case members["candidate"] == nil:
		return "Its body is JSON, but holds no candidate."
	default:
		return "It holds a candidate."
	}
}
