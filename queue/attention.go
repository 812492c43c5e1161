package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// What a person can decide about what needs one.
const (
	DecisionAdopt   = "adopt"   // remote_id is it: go on with that
	DecisionResend  = "resend"  // it is not in JazzHR: write it, or try again
	DecisionAbandon = "abandon" // leave it: a writeback ends rejected, a webhook done
)

// Types of what needs a person.
const (
	TypeWriteback = "writeback"
	TypeWebhook   = "webhook"
)

// Problems of a writeback that a decision depends on.
const (
	ProblemTwoMatches          = "two_matches"          // whichever of them it is, another would be a duplicate
	ProblemApplicantUnresolved = "applicant_unresolved" // whom it is about can't be found, and must not be created
	ProblemApplicantGone       = "applicant_gone"       // merged or deleted, and not found again by email
)

// problemAbandoned is why an abandoned writeback is rejected.
const problemAbandoned = "abandoned"

// AttentionItem is a writeback or webhook that a person has to decide about.
type AttentionItem struct {
	ID    uuid.UUID `json:"id"` // of the writeback or webhook
	Type  string    `json:"type"`
	Since time.Time `json:"since"`
	// Problem says why, as a code.
	Problem     string `json:"problem"`
	InterviewID string `json:"interview_id,omitempty"`
	Revision    int    `json:"revision,omitempty"`
	Step        string `json:"step,omitempty"`
	Part        int    `json:"part,omitempty"`
	ApplicantID string `json:"applicant_id,omitempty"`
	JobID       string `json:"job_id,omitempty"`
	// Evidence is what led to it, oldest first.
	Evidence json.RawMessage `json:"evidence,omitempty"`
	// Decisions are those that can be taken.
	Decisions []string `json:"decisions"`
}

// ListAttention returns what needs a person in the order of ids, from the one that follows after.
func ListAttention(ctx context.Context, tx db.TenantTx, after uuid.UUID, limit int) ([]AttentionItem, error) {
	writebacks, err := tx.Q.AttentionWritebacks(ctx, tx, tx.Tenant, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list writebacks that need a person: %w", err)
	}
	webhooks, err := tx.Q.AttentionWebhooks(ctx, tx, tx.Tenant, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list webhooks that need a person: %w", err)
	}
	items := make([]AttentionItem, 0, len(writebacks)+len(webhooks))
	for _, row := range writebacks {
		items = append(items, AttentionItem{
			ID: row.WritebackID, Type: TypeWriteback, Since: row.Since.UTC(), Problem: row.Problem,
			InterviewID: row.InterviewID, Revision: int(row.Revision), Step: row.Step, Part: int(row.Part),
			ApplicantID: deref(row.ApplicantID), JobID: deref(row.JobID), Evidence: row.Evidence,
			Decisions: DecisionsOn(TypeWriteback, row.Problem),
		})
	}
	for _, row := range webhooks {
		items = append(items, AttentionItem{
			ID: row.WebhookID, Type: TypeWebhook, Since: row.ReceivedAt.UTC(), Problem: row.Problem,
			Decisions: DecisionsOn(TypeWebhook, row.Problem),
		})
	}
	slices.SortFunc(items, func(a, b AttentionItem) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	return items[:min(limit, len(items))], nil
}

// DecisionsOn is what can be decided about a writeback or webhook with a problem.
func DecisionsOn(kind, problem string) []string {
	switch {
	case kind == TypeWebhook:
		return []string{DecisionAbandon}
	case problem == ProblemTwoMatches:
		return []string{DecisionAdopt, DecisionAbandon}
	}
	return []string{DecisionAdopt, DecisionResend, DecisionAbandon}
}

// Decision is what was decided, and by whom.
type Decision struct {
	Decision string
	RemoteID string // JazzHR's id of what is adopted
	By       string
}

// ErrNoAttention says that nothing of the id needs a person, any more or at all.
var ErrNoAttention = errors.New("nothing of this id needs attention")

// Decide settles what needed a person, and records who decided what. A decision that can't be taken gives an
// [*InvalidError].
func Decide(ctx context.Context, tx db.TenantTx, client *Client, item uuid.UUID, d Decision) error {
	switch {
	case !slices.Contains([]string{DecisionAdopt, DecisionResend, DecisionAbandon}, d.Decision):
		return &InvalidError{"decision", "must be adopt, resend or abandon"}
	case d.Decision == DecisionAdopt && d.RemoteID == "":
		return &InvalidError{"remote_id", "is required to adopt: JazzHR's id of what is there already"}
	case d.Decision != DecisionAdopt && d.RemoteID != "":
		return &InvalidError{"remote_id", "goes with the decision adopt only"}
	}
	if err := line("remote_id", d.RemoteID, 100, false); err != nil {
		return err
	}
	problem, events, err := settle(ctx, tx, item, d)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name decision: %w", err)
	}
	if err := tx.Q.InsertDecision(ctx, tx, gen.InsertDecisionParams{
		TenantID: tx.Tenant, DecisionID: id, ItemID: item,
		Problem: problem, Decision: d.Decision, RemoteID: some(d.RemoteID), DecidedBy: d.By,
	}); err != nil {
		return fmt.Errorf("record decision: %w", err)
	}
	return Announce(ctx, tx, client, events...)
}

// settle carries a decision out and returns what it was about, and the events that tell of it.
func settle(ctx context.Context, tx db.TenantTx, item uuid.UUID, d Decision) (problem string, events []Event, err error) {
	step, err := tx.Q.AttentionStep(ctx, tx, tx.Tenant, item)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		problem, err = dismissWebhook(ctx, tx, item, d)
		return problem, nil, err
	case err != nil:
		return "", nil, fmt.Errorf("find what needs a person: %w", err)
	case d.Decision == DecisionAbandon:
		event, err := abandon(ctx, tx, item)
		return step.Problem, []Event{event}, err
	case d.Decision == DecisionResend && step.Problem == ProblemTwoMatches:
		return "", nil, &InvalidError{"decision", "resend would make one more of two matches: adopt one of them, or abandon"}
	case d.Decision == DecisionResend && step.Problem == ProblemUnreadable:
		err = readdress(ctx, tx, item, nil, d) // the effect itself is with nobody: the ledger goes on where it was
	case step.EffectID == nil || step.Problem == ProblemApplicantUnresolved || step.Problem == ProblemApplicantGone:
		err = readdress(ctx, tx, item, step.EffectID, d)
	default:
		err = settleEffect(ctx, tx, *step.EffectID, d)
	}
	return step.Problem, nil, err
}

// settleEffect decides an effect; all writebacks that were with a person for its sake go on.
func settleEffect(ctx context.Context, tx db.TenantTx, effect uuid.UUID, d Decision) error {
	evidence, err := decided(ctx, tx, d)
	if err != nil {
		return err
	}
	var settled int64
	if d.Decision == DecisionAdopt {
		settled, err = tx.Q.AdoptByPerson(ctx, tx, gen.AdoptByPersonParams{
			TenantID: tx.Tenant, EffectID: effect, RemoteID: &d.RemoteID, Evidence: evidence,
		})
	} else {
		settled, err = tx.Q.ReplanByPerson(ctx, tx, evidence, tx.Tenant, effect)
	}
	if err != nil {
		return fmt.Errorf("settle effect: %w", err)
	}
	reopened, err := tx.Q.ReopenWritebacks(ctx, tx, tx.Tenant, []uuid.UUID{effect})
	if err != nil {
		return fmt.Errorf("reopen writebacks: %w", err)
	}
	// A late answer may have settled it a moment ago. A writeback that was left to a person in that same moment goes on all the
	// same: the ledger knows what became of its effect.
	if settled == 0 && reopened == 0 {
		return ErrNoAttention
	}
	return nil
}

// decided is a decision as evidence of an effect.
func decided(ctx context.Context, tx db.TenantTx, d Decision) (json.RawMessage, error) {
	now, err := tx.Q.SystemDatabaseNow(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("ask for the time: %w", err)
	}
	evidence, err := json.Marshal([]struct {
		At        time.Time `json:"at"`
		What      string    `json:"what"`
		RemoteIDs []string  `json:"remote_ids,omitempty"`
		Detail    string    `json:"detail"`
	}{{now.UTC(), "decided", slices.DeleteFunc([]string{d.RemoteID}, func(id string) bool { return id == "" }), d.Decision + " by " + d.By}})
	if err != nil {
		return nil, fmt.Errorf("record decision: %w", err)
	}
	return evidence, nil
}

// readdress gives a writeback the applicant that a person found, or lets it look again. A refusal of its effect was of the
// applicant that it had.
func readdress(ctx context.Context, tx db.TenantTx, item uuid.UUID, effect *uuid.UUID, d Decision) error {
	if effect != nil {
		evidence, err := decided(ctx, tx, d)
		if err != nil {
			return err
		}
		if err := tx.Q.ForgetRefusal(ctx, tx, evidence, tx.Tenant, *effect); err != nil {
			return fmt.Errorf("forget a refusal: %w", err)
		}
	}
	if d.RemoteID != "" {
		if err := tx.Q.SetWritebackApplicant(ctx, tx, &d.RemoteID, tx.Tenant, item); err != nil {
			return fmt.Errorf("set applicant: %w", err)
		}
	}
	if err := tx.Q.ReopenWriteback(ctx, tx, tx.Tenant, item); err != nil {
		return fmt.Errorf("reopen writeback: %w", err)
	}
	return nil
}

// abandon ends a writeback. Its effect stays with a person: it may be in JazzHR or not, and no other writeback must take it
// for absent.
func abandon(ctx context.Context, tx db.TenantTx, item uuid.UUID) (Event, error) {
	event, dropped, err := dropWriteback(ctx, tx, item, problemAbandoned)
	if err != nil {
		return Event{}, err
	}
	if !dropped {
		return Event{}, ErrNoAttention
	}
	row, err := tx.Q.Writeback(ctx, tx, tx.Tenant, item)
	if err != nil {
		return Event{}, fmt.Errorf("read writeback: %w", err)
	}
	if err := tx.Q.WakeLaterRevisions(ctx, tx, tx.Tenant, row.InterviewID, row.Revision); err != nil {
		return Event{}, fmt.Errorf("wake later revisions: %w", err)
	}
	return event, nil
}

func dismissWebhook(ctx context.Context, tx db.TenantTx, item uuid.UUID, d Decision) (problem string, err error) {
	problem, err = tx.Q.AttentionWebhook(ctx, tx, tx.Tenant, item)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrNoAttention
	case err != nil:
		return "", fmt.Errorf("find what needs a person: %w", err)
	case d.Decision != DecisionAbandon:
		return "", &InvalidError{"decision", "about a webhook can only be abandon"}
	}
	if err := tx.Q.DismissWebhook(ctx, tx, tx.Tenant, item); err != nil {
		return "", fmt.Errorf("dismiss webhook: %w", err)
	}
	return problem, nil
}
