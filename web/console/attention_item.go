package console

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

func (k *Console) attentionItemPage() page {
	return page{
		route: "/attention/:tenant/:item", file: "attention-item", section: "/attention", load: k.loadAttentionItem, every: 5 * time.Second,
	}
}

// attentionItem is what the page shows: one thing that a person must decide, or has.
type attentionItem struct {
	Tenant   tenantName
	ID       uuid.UUID
	Href     string
	Kind     string // queue.TypeWriteback or queue.TypeWebhook
	Open     bool   // it needs a person still
	State    string // of the writeback or webhook
	Since    time.Time
	Problem  string
	What     string // what was to be written, in a sentence
	Text     problemText
	Past     []pastDecision
	Decision decisions
	// Of a writeback:
	Name  string // the candidate's
	Ours  []fact
	Found []standing // what stands in JazzHR, as far as we know
	Story []proof    // what led to it
	// Of a webhook:
	Webhook *webhookEvidence
}

// tenantName is a tenant in a link.
type tenantName struct {
	ID   uuid.UUID
	Name string
}

// decisions are what can be decided.
type decisions struct {
	CanAdopt bool
	Adopt    string // what follows from it
	Others   []way
	Shared   int64 // how many other writebacks are settled along
}

// Candidate is the address of the story that a writeback belongs to.
func (a attentionItem) Candidate() string { return candidateHref(a.Tenant.ID, a.ID) }

// candidateHref is the address of the story of whom something is about, by its id.
func candidateHref(tenant, id uuid.UUID) string {
	return rootPath + "/candidates?" + url.Values{"q": {id.String()}, "tenant": {tenant.String()}}.Encode()
}

// fact is a line of what is compared. It is marked where nothing in JazzHR is like it.
type fact struct {
	Name, Value string
	Mark        bool
}

type pastDecision struct {
	gen.DecisionsOnRow
	Words string
}

func (k *Console) loadAttentionItem(ctx context.Context, at place) (any, error) {
	tenant, err := at.id("tenant")
	if err != nil {
		return nil, err
	}
	item, err := at.id("item")
	if err != nil {
		return nil, err
	}
	shown := attentionItem{ID: item, Href: itemHref(tenant, item)}
	err = db.InTenant(ctx, k.config.Pool, tenant, func(tx db.TenantTx) error {
		if shown.Tenant, err = nameOf(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Q.DecisionsOn(ctx, tx, tenant, item)
		if err != nil {
			return fmt.Errorf("read decisions: %w", err)
		}
		for _, row := range rows {
			shown.Past = append(shown.Past, pastDecision{row, decidedText(row.Decision, row.RemoteID)})
		}
		writeback, err := tx.Q.Writeback(ctx, tx, tenant, item)
		if err == nil {
			return shown.ofWriteback(ctx, tx, writeback)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("read writeback: %w", err)
		}
		webhook, err := tx.Q.Webhook(ctx, tx, tenant, item)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNotFound
		}
		if err != nil {
			return fmt.Errorf("read webhook: %w", err)
		}
		return shown.ofWebhook(ctx, tx, webhook)
	})
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// nameOf reads the name of a transaction's tenant.
func nameOf(ctx context.Context, tx db.TenantTx) (tenantName, error) {
	names, err := tx.Q.TenantNames(ctx, tx, tx.Tenant)
	if err != nil {
		return tenantName{}, fmt.Errorf("read tenant: %w", err)
	}
	if len(names) == 0 {
		return tenantName{}, errNotFound
	}
	return tenantName{tx.Tenant, names[0]}, nil
}

// decidedText says what somebody decided.
func decidedText(decision, remoteID string) string {
	switch decision {
	case queue.DecisionAdopt:
		return "adopted " + remoteID
	case queue.DecisionResend:
		return "had it tried again"
	default:
		return "gave it up"
	}
}

func (a *attentionItem) ofWriteback(ctx context.Context, tx db.TenantTx, w gen.Writeback) error {
	a.Kind, a.State, a.Open, a.Since = queue.TypeWriteback, w.State, w.State == queue.StateAttention, w.CreatedAt
	if w.DoneAt != nil {
		a.Since = *w.DoneAt
	}
	a.Name = personName(w.FirstName, w.LastName)
	steps, err := tx.Q.StepInAttention(ctx, tx, tx.Tenant, a.ID)
	if err != nil {
		return fmt.Errorf("read the step that stopped: %w", err)
	}
	step := gen.StepInAttentionRow{Kind: w.Step, Part: w.Part}
	if a.Open = a.Open && len(steps) > 0; a.Open {
		step = steps[0]
	}
	a.Problem, a.What = step.Problem, stepObject(step.Kind)
	a.Text = problemOf(a.Kind, a.Problem, a.What)
	a.Story = proofsOf(step.Evidence)
	if a.Found, err = standings(ctx, tx, w, step); err != nil {
		return err
	}
	if a.Ours, err = ours(ctx, tx, w, step, a.Found); err != nil {
		return err
	}
	if !a.Open {
		return nil
	}
	a.Decision = decisions{CanAdopt: true, Adopt: adoptText(a.Problem, a.What), Others: waysOut(a.Kind, a.Problem, a.What)}
	if a.Decision.Shared, err = tx.Q.SharersOfEffect(ctx, tx, tx.Tenant, a.ID); err != nil {
		return fmt.Errorf("count who shares the effect: %w", err)
	}
	return nil
}

// decide takes a decision.
func (k *Console) decide(ctx context.Context, f form) (to, saying string, err error) {
	tenant, err := f.id("tenant")
	if err != nil {
		return "", "", err
	}
	item, err := f.id("item")
	if err != nil {
		return "", "", err
	}
	d := queue.Decision{Decision: f.values.Get("decision"), RemoteID: f.values.Get("remote_id"), By: f.who}
	err = db.InTenant(ctx, k.config.Pool, tenant, func(tx db.TenantTx) error {
		if err := queue.Decide(ctx, tx, k.config.Client, item, d); err != nil {
			return err
		}
		return Record(ctx, tx, Action{
			Who: f.who, Tenant: tenant, What: Decided, Target: item.String(), Detail: decidedText(d.Decision, d.RemoteID),
		})
	})
	invalid, isInvalid := errors.AsType[*queue.InvalidError](err)
	switch {
	case isInvalid && invalid.Field == "remote_id" && d.RemoteID == "":
		return errorOn(itemHref(tenant, item), "Give JazzHR’s id of what is there.")
	case isInvalid:
		return errorOn(itemHref(tenant, item), "That can’t be decided: "+invalid.Field+" "+invalid.Message+".")
	case errors.Is(err, queue.ErrNoAttention):
		return errorOn(itemHref(tenant, item), "This needs nobody any more: somebody else or the service itself has settled it.")
	case err != nil:
		return "", "", err
	}
	return attentionPath, "It is decided: you " + decidedText(d.Decision, d.RemoteID) + ".", nil
}
