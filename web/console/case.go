package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/record"
)

func (k *Console) casePage() page {
	return page{
		route: "/attention/:tenant/:item", file: "case", section: "/attention",
		load: k.loadCase, every: 5 * time.Second, reads: readsCase,
	}
}

// caseView is the data of the page: one case, open or decided.
type caseView struct {
	Tenant   tenantName
	ID       uuid.UUID
	Href     string
	Kind     string // writeback.CaseWriteback, CaseWebhook or CaseStageMove
	Open     bool   // it still needs a person
	State    string // of the row
	Since    time.Time
	Problem  outcome.Code
	Thing    string // what was to be written, such as "the note"
	Info     outcome.Info
	Past     []pastDecision
	Decision decisions
	// Of a writeback:
	Name     string // the candidate's
	Intended []fact
	Matches  []match         // in JazzHR, as far as we know
	Evidence []evidenceEntry // what led to the case
	// Of a webhook:
	Webhook *webhookEvidence
	// Of a move to a stage:
	Move *gen.StageEntry
}

// tenantName names a tenant in a link.
type tenantName struct {
	ID   uuid.UUID
	Name string
}

// decisions are those that can be taken.
type decisions struct {
	CanAdopt bool
	Adopt    string // what follows from adopting
	Choices  []choice
	Shared   int64 // how many other writebacks the decision settles too
}

// Candidate returns the address of the story that a writeback or a move belongs to.
func (v caseView) Candidate() string {
	if v.Move != nil {
		return storyHref(v.Tenant.ID, v.Move.ApplicantID)
	}
	return storyHref(v.Tenant.ID, v.ID.String())
}

// Heading names what the case is about.
func (v caseView) Heading() string {
	switch {
	case v.Webhook != nil:
		return "A webhook"
	case v.Move != nil:
		return moveText(v.Move.Stage)
	default:
		return cmp.Or(v.Name, "A writeback")
	}
}

// fact is a line of what is compared. Mark highlights a difference.
type fact struct {
	Name, Value string
	Mark        bool
}

type pastDecision struct {
	gen.DecisionsOnRow
	Words string
}

func (k *Console) loadCase(ctx context.Context, at place) (any, error) {
	tenantID, err := at.id("tenant")
	if err != nil {
		return nil, err
	}
	item, err := at.id("item")
	if err != nil {
		return nil, err
	}
	shown := caseView{ID: item, Href: caseHref(tenantID, item)}
	err = db.InTenant(ctx, k.config.Pool, tenantID, func(tx db.TenantTx) error {
		if shown.Tenant, err = nameOf(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Q.DecisionsOn(ctx, tx, tenantID, item)
		if err != nil {
			return fmt.Errorf("read decisions: %w", err)
		}
		for _, row := range rows {
			shown.Past = append(shown.Past, pastDecision{row, decidedText(row.Decision, row.RemoteID)})
		}
		return shown.addItem(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return shown, nil
}

// addItem fills in what the case is about: a writeback, a webhook or a move to a stage.
func (v *caseView) addItem(ctx context.Context, tx db.TenantTx) error {
	row, err := tx.Q.Writeback(ctx, tx, tx.Tenant, v.ID)
	if err == nil {
		return v.addWriteback(ctx, tx, row)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read writeback: %w", err)
	}
	webhook, err := tx.Q.Webhook(ctx, tx, tx.Tenant, v.ID)
	if err == nil {
		return v.addWebhook(ctx, tx, webhook)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read webhook: %w", err)
	}
	move, err := tx.Q.StageCase(ctx, tx, tx.Tenant, v.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNotFound
	}
	if err != nil {
		return fmt.Errorf("read the move to a stage: %w", err)
	}
	v.addMove(move)
	return nil
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

// decidedText says what was decided. It follows the name of who decided.
func decidedText(decision, remoteID string) string {
	switch decision {
	case writeback.DecisionAdopt:
		return "adopted " + remoteID
	case writeback.DecisionResend:
		return "had it tried again"
	default:
		return "gave it up"
	}
}

// addWriteback fills in a case about a writeback.
func (v *caseView) addWriteback(ctx context.Context, tx db.TenantTx, w gen.Writeback) error {
	v.Kind, v.State, v.Open, v.Since = writeback.CaseWriteback, w.State, w.State == queue.StateAttention, w.CreatedAt
	if w.DoneAt != nil {
		v.Since = *w.DoneAt
	}
	v.Name = personName(w.FirstName, w.LastName)
	steps, err := tx.Q.StepInAttention(ctx, tx, tx.Tenant, v.ID)
	if err != nil {
		return fmt.Errorf("read the step that stopped: %w", err)
	}
	step := gen.StepInAttentionRow{Kind: w.Step, Part: w.Part}
	if v.Open = v.Open && len(steps) > 0; v.Open {
		step = steps[0]
	}
	v.Problem, v.Thing = outcome.Code(step.Problem), stepObject(step.Kind)
	v.Info = caseInfo(v.Kind, v.Problem, v.Thing)
	v.Evidence = parseEvidence(step.Evidence)
	if v.Matches, err = findMatches(ctx, tx, w, step); err != nil {
		return err
	}
	if v.Intended, err = intendedFacts(ctx, tx, w, step, v.Matches); err != nil {
		return err
	}
	if !v.Open {
		return nil
	}
	v.Decision = decisions{
		CanAdopt: true, Adopt: adoptText(v.Problem, step.Kind == queue.StepCreateApplicant),
		Choices: choicesOn(v.Kind, v.Problem, step.Kind),
	}
	if v.Decision.Shared, err = tx.Q.SharersOfEffect(ctx, tx, tx.Tenant, v.ID); err != nil {
		return fmt.Errorf("count who shares the effect: %w", err)
	}
	return nil
}

// decide takes a decision about a case.
func (k *Console) decide(ctx context.Context, f form) (to, text string, err error) {
	tenantID, err := f.id("tenant")
	if err != nil {
		return "", "", err
	}
	item, err := f.id("item")
	if err != nil {
		return "", "", err
	}
	d := writeback.Decision{Decision: f.values.Get("decision"), RemoteID: f.values.Get("remote_id"), By: f.who}
	err = db.InTenant(ctx, k.config.Pool, tenantID, func(tx db.TenantTx) error {
		if err := writeback.Decide(ctx, tx, k.config.Client, item, d); err != nil {
			return err
		}
		return record.Add(ctx, tx, record.Action{
			Who: f.who, Tenant: tenantID, What: record.Decided, Target: item.String(),
			Detail: decidedText(d.Decision, d.RemoteID),
		})
	})
	invalid, isInvalid := errors.AsType[*queue.InvalidError](err)
	overtaken, isOvertaken := errors.AsType[*writeback.OvertakenError](err)
	switch {
	case isInvalid && invalid.Field == "remote_id" && d.RemoteID == "":
		return problemOn(caseHref(tenantID, item), "Give JazzHR’s id of what is there.")
	case isInvalid:
		return problemOn(caseHref(tenantID, item), "That can’t be decided: "+invalid.Field+" "+invalid.Message+".")
	case isOvertaken:
		return problemOn(caseHref(tenantID, item), "Nothing was decided: "+overtaken.Error()+".")
	case errors.Is(err, writeback.ErrNoCase):
		return problemOn(caseHref(tenantID, item),
			"This case is closed: somebody else decided it, or the service settled it.")
	case err != nil:
		return "", "", err
	}
	return attentionPath, "Decided: you " + decidedText(d.Decision, d.RemoteID) + ".", nil
}
