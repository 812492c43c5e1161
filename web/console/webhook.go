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
)

func (k *Console) webhookPage() page {
	return page{route: "/webhooks/:tenant/:webhook", file: "webhook", section: "/webhooks", load: k.loadWebhook, every: 3 * time.Second}
}

// webhook is what the page shows.
type webhook struct {
	Row      gen.Webhook
	Tenant   tenantName
	Href     string
	Tone     tone
	Word     string
	Outcome  string
	Event    string
	Requests []askedFor
	CanPlay  bool   // it can be resolved again
	WhyNot   string // why it can't
	Open     bool   // shown unmasked
}

// Attention is the address of the decision that it needs.
func (w webhook) Attention() string { return itemHref(w.Tenant.ID, w.Row.WebhookID) }

// askedFor is an interview that a webhook asked for.
type askedFor struct{ gen.RequestsOfWebhookRow }

// Job is what is known of the job: its title, else its id, else the title in the key, which was not resolved.
func (a askedFor) Job() string {
	_, title, _ := strings.Cut(a.JobKey, " title:")
	return cmp.Or(a.Title, a.JobID, title)
}

// header is a header that came with a webhook.
type header struct{ Name, Value string }

// Headers are those that were kept.
func (w webhook) Headers() []header {
	var kept map[string]string
	if json.Unmarshal(w.Row.Headers, &kept) != nil {
		return nil
	}
	var list []header
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		value := kept[name]
		if !w.Open && !slices.Contains(openHeaders(), name) {
			value = mask
		}
		list = append(list, header{name, value})
	}
	return list
}

// body is the body as it is shown.
type body struct {
	Text  string
	Cut   bool
	JSON  bool
	Bytes int
}

// Body lays the body out. What is no JSON is shown unmasked only.
func (w webhook) Body() body {
	b := body{Bytes: len(w.Row.Body)}
	b.Text, b.Cut, b.JSON = layOut(w.Row.Body, w.Open)
	if !b.JSON && w.Open {
		b.Text = strings.ToValidUTF8(string(w.Row.Body[:min(len(w.Row.Body), layOutAtMost)]), "\uFFFD")
		b.Cut = len(w.Row.Body) > layOutAtMost
	}
	return b
}

// Emptied reports whether the body is kept no more.
func (w webhook) Emptied() bool { return w.Row.Body == nil }

func (k *Console) loadWebhook(ctx context.Context, at place) (any, error) {
	tenant, id, err := webhookOf(at)
	if err != nil {
		return nil, err
	}
	var shown webhook
	err = db.InTenant(ctx, k.config.Pool, tenant, func(tx db.TenantTx) error {
		shown, err = readWebhook(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// webhookOf is the webhook that an address names.
func webhookOf(at place) (tenant, webhook uuid.UUID, err error) {
	if tenant, err = at.id("tenant"); err != nil {
		return tenant, webhook, err
	}
	webhook, err = at.id("webhook")
	return tenant, webhook, err
}

func readWebhook(ctx context.Context, tx db.TenantTx, id uuid.UUID) (w webhook, err error) {
	tenant, err := tx.Q.Tenant(ctx, tx, tx.Tenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, errNotFound
	}
	if err != nil {
		return w, fmt.Errorf("read tenant: %w", err)
	}
	w.Tenant, w.Href = tenantName{tenant.TenantID, tenant.Name}, webhookHref(tenant.TenantID, id)
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
		w.Requests = append(w.Requests, askedFor{row})
	}
	problem := orEmpty(w.Row.Problem)
	w.Tone, w.Word = webhookBadge(w.Row.State, problem)
	w.Outcome = outcomeText(problem)
	var headers map[string]string
	if json.Unmarshal(w.Row.Headers, &headers) == nil {
		w.Event = headers["X-JazzHR-Event"]
	}
	switch {
	case w.Row.State == queue.StatePending:
		w.Outcome = "waits " + reasonText(webhookReason(tenant.PausedAt != nil, tenant.KeyState, orEmpty(w.Row.WaitingFor)))
		w.WhyNot = "It is being resolved as it is."
	case w.Emptied():
		w.WhyNot = "Its body is kept no more, so there is nothing to resolve."
	case tenant.Connection == "created" || tenant.Connection == "disconnected":
		w.WhyNot = "The tenant is not connected to JazzHR."
	default:
		w.CanPlay = true
	}
	return w, nil
}

// reveal shows a webhook unmasked, in this one answer, and records who asked.
func (k *Console) reveal(ctx context.Context, f form) (shown any, err error) {
	tenant, id, err := webhookOf(f.place)
	if err != nil {
		return nil, err
	}
	var w webhook
	err = db.InTenant(ctx, k.config.Pool, tenant, func(tx db.TenantTx) error {
		if w, err = readWebhook(ctx, tx, id); err != nil {
			return err
		}
		return Record(ctx, tx, Action{Who: f.who, Tenant: tenant, What: Revealed, Target: id.String()})
	})
	if err != nil {
		return nil, err
	}
	w.Open = true
	return w, nil
}

// replay has a webhook resolved again.
func (k *Console) replay(ctx context.Context, f form) (to, saying string, err error) {
	tenant, id, err := webhookOf(f.place)
	if err != nil {
		return "", "", err
	}
	err = db.InTenant(ctx, k.config.Pool, tenant, func(tx db.TenantTx) error {
		if err := queue.ReplayWebhook(ctx, tx, k.config.Client, id); err != nil {
			return err
		}
		return Record(ctx, tx, Action{Who: f.who, Tenant: tenant, What: Replayed, Target: id.String()})
	})
	to = webhookHref(tenant, id)
	switch {
	case errors.Is(err, queue.ErrNoTenant), errors.Is(err, queue.ErrNoWebhook):
		return "", "", errNotFound
	case errors.Is(err, queue.ErrNotConnected):
		return errorOn(to, "The tenant is not connected to JazzHR: connect it first.")
	case errors.Is(err, queue.ErrWebhookPending):
		return errorOn(to, "It is being resolved already.")
	case errors.Is(err, queue.ErrWebhookEmptied):
		return errorOn(to, "Its body is kept no more, so there is nothing to resolve.")
	case err != nil:
		return "", "", err
	}
	return to, "It is being resolved again.", nil
}

// webhookEvidence is a webhook that needs a person, beside the one that came first under its id.
type webhookEvidence struct {
	Webhook webhook
	First   *webhook // of a conflict
	Reading string   // of what can't be read: what it is
	Differs []string // where the two differ
	More    int      // further places
}

// differsAtMost bounds the places that are named.
const differsAtMost = 20

// hashLength is that of a body's hash in hex, which a conflict's key ends with.
const hashLength = 64

func (a *attentionItem) ofWebhook(ctx context.Context, tx db.TenantTx, row gen.Webhook) error {
	a.Kind, a.State, a.Open, a.Since = queue.TypeWebhook, row.State, row.State == queue.StateAttention, row.ReceivedAt
	a.Problem, a.What = orEmpty(row.Problem), "the candidate"
	a.Text = problemOf(a.Kind, a.Problem, a.What)
	if a.Open {
		a.Decision.Others = waysOut(a.Kind, a.Problem, a.What)
	}
	w, err := readWebhook(ctx, tx, row.WebhookID)
	if err != nil {
		return err
	}
	a.Webhook = &webhookEvidence{Webhook: w, Reading: readingOf(row.Body, w.Event)}
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
	a.Webhook.First = &first
	paths := differences(first.Row.Body, row.Body)
	a.Webhook.Differs = paths[:min(len(paths), differsAtMost)]
	a.Webhook.More = len(paths) - len(a.Webhook.Differs)
	return nil
}

// readingOf says what a body is that is not the export of a candidate.
func readingOf(body []byte, event string) string {
	var members map[string]json.RawMessage
	switch {
	case body == nil:
		return "Its body is kept no more."
	case len(body) == 0:
		return "It has no body."
	case !json.Valid(body):
		return "Its body is no JSON."
	case json.Unmarshal(body, &members) != nil:
		return "Its body is JSON, but no object."
	case members["candidate"] == nil:
		return "Its body is JSON, but holds no candidate."
	case event != "CANDIDATE-EXPORT":
		return "It holds a candidate, but its event is “" + event + "” and not CANDIDATE-EXPORT."
	default:
		return "It holds a candidate."
	}
}
