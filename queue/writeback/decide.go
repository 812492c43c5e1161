package writeback

import (
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
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// Decision is what a person decided about a case.
type Decision struct {
	Decision string
	RemoteID string // of an adoption: JazzHR's id of what is adopted
	By       string // who decided
}

// ErrNoCase says that the id is not, or is no longer, that of a case.
var ErrNoCase = errors.New("nothing of this id needs attention")

// OvertakenError says that an adoption can't take hold, because of what became of the effect since.
type OvertakenError struct{ State, RemoteID string }

// Error says what became of the effect.
func (e *OvertakenError) Error() string {
	switch e.State {
	case "sending":
		return "it is being sent at this moment: decide in a minute, when the answer is known"
	case "done":
		return "it was found to be " + e.RemoteID + " meanwhile: decide resend to go on with that, which sends nothing"
	default:
		return "JazzHR has refused it meanwhile: decide resend or abandon"
	}
}

// Decide carries out a decision about a case and records it. item is the id of the case. Decide returns [ErrNoCase], an [*OvertakenError], and a [*queue.InvalidError] for a decision
// that the case does not allow.
func Decide(ctx context.Context, tx db.TenantTx, client *queue.Client, item uuid.UUID, d Decision) error {
	if err := d.validate(); err != nil {
		return err
	}
	// The tenant is locked first, as in every transaction that locks its rows.
	if _, err := tx.Q.TenantForWork(ctx, tx, tx.Tenant); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("lock tenant: %w", err)
	}
	problem, events, err := carryOut(ctx, tx, item, d)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name decision: %w", err)
	}
	if err := tx.Q.InsertDecision(ctx, tx, gen.InsertDecisionParams{
		TenantID: tx.Tenant, DecisionID: id, ItemID: item,
		Problem: problem, Decision: d.Decision, RemoteID: db.NullText(d.RemoteID), DecidedBy: d.By,
	}); err != nil {
		return fmt.Errorf("record decision: %w", err)
	}
	return outbox.Announce(ctx, tx, client, events...)
}

func (d Decision) validate() error {
	switch {
	case !slices.Contains([]string{DecisionAdopt, DecisionResend, DecisionAbandon}, d.Decision):
		return &queue.InvalidError{Field: "decision", Message: "must be adopt, resend or abandon"}
	case d.Decision == DecisionAdopt && d.RemoteID == "":
		return &queue.InvalidError{
			Field: "remote_id", Message: "is required to adopt: JazzHR's id of what is there already",
		}
	case d.Decision != DecisionAdopt && d.RemoteID != "":
		return &queue.InvalidError{Field: "remote_id", Message: "goes with the decision adopt only"}
	}
	return line("remote_id", d.RemoteID, 100, false)
}

// carryOut carries out a decision. It returns the problem that the case had, and the events that
// tell of the decision.
func carryOut(
	ctx context.Context, tx db.TenantTx, item uuid.UUID, d Decision,
) (problem string, events []outbox.Event, err error) {
	step, err := tx.Q.AttentionStep(ctx, tx, tx.Tenant, item)
	why := outcome.Code(step.Problem)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		problem, err = decideTrigger(ctx, tx, item, d)
		return problem, nil, err
	case err != nil:
		return "", nil, fmt.Errorf("find what needs a person: %w", err)
	case d.Decision == DecisionAbandon:
		event, err := abandon(ctx, tx, item, step.EffectID)
		return step.Problem, []outbox.Event{event}, err
	case d.Decision == DecisionResend && why == outcome.TwoMatches:
		return "", nil, &queue.InvalidError{
			Field: "decision", Message: "resend would make one more of two matches: adopt one of them, or abandon",
		}
	case d.Decision == DecisionResend && (why == outcome.JazzHRUnreadable || why == outcome.KeepsFailing):
		// Only the writeback is a case, and its effect is not: the effect goes on where it was.
		err = readdress(ctx, tx, item, nil, d)
	case step.EffectID == nil || why == outcome.ApplicantUnresolved || why == outcome.ApplicantGone:
		err = readdress(ctx, tx, item, step.EffectID, d)
	default:
		err = settleEffect(ctx, tx, *step.EffectID, d)
	}
	return step.Problem, nil, err
}

// settleEffect records what became of an effect. All writebacks that were cases because of it go
// on.
func settleEffect(ctx context.Context, tx db.TenantTx, effect uuid.UUID, d Decision) error {
	evidence, err := decisionEvidence(ctx, tx, d)
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
	if settled == 0 && d.Decision == DecisionAdopt {
		row, err := tx.Q.EffectByIDForUpdate(ctx, tx, "", tx.Tenant, effect)
		if err != nil {
			return fmt.Errorf("read effect: %w", err)
		}
		if is := row.Effect; is.State != "done" || db.Text(is.RemoteID) != d.RemoteID {
			return &OvertakenError{State: is.State, RemoteID: db.Text(is.RemoteID)}
		}
	}
	reopened, err := tx.Q.ReopenWritebacks(ctx, tx, tx.Tenant, []uuid.UUID{effect})
	if err != nil {
		return fmt.Errorf("reopen writebacks: %w", err)
	}
	// An answer that came late may have settled the effect a moment ago, just as the writeback
	// became a case. The writeback goes on all the same: what became of its effect is known.
	if settled == 0 && reopened == 0 {
		return ErrNoCase
	}
	return nil
}

// decisionEvidence returns a decision as an entry of an effect's evidence.
func decisionEvidence(ctx context.Context, tx db.TenantTx, d Decision) (json.RawMessage, error) {
	now, err := db.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	var ids []string
	if d.RemoteID != "" {
		ids = []string{d.RemoteID}
	}
	evidence, err := json.Marshal([]struct {
		At        time.Time `json:"at"`
		What      string    `json:"what"`
		RemoteIDs []string  `json:"remote_ids,omitempty"`
		Detail    string    `json:"detail"`
	}{{now.UTC(), "decided", ids, d.Decision + " by " + d.By}})
	if err != nil {
		return nil, fmt.Errorf("record decision: %w", err)
	}
	return evidence, nil
}

// readdress gives a writeback the applicant that a person found, or has the applicant looked for
// again. A refusal of its effect is forgotten: it was about the applicant that the writeback had
// before.
func readdress(ctx context.Context, tx db.TenantTx, item uuid.UUID, effect *uuid.UUID, d Decision) error {
	if effect != nil {
		evidence, err := decisionEvidence(ctx, tx, d)
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

// abandon ends a writeback. Its effect stays as it is: it may stand in JazzHR or not, and no other
// writeback must take it for absent. The effect is locked before the writeback, as by a late answer
// that confirms it.
func abandon(ctx context.Context, tx db.TenantTx, item uuid.UUID, effect *uuid.UUID) (outbox.Event, error) {
	if effect != nil {
		_, err := tx.Q.EffectByIDForUpdate(ctx, tx, "", tx.Tenant, *effect)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return outbox.Event{}, fmt.Errorf("lock effect: %w", err)
		}
	}
	event, dropped, err := dropWriteback(ctx, tx, item, outcome.Abandoned)
	if err != nil {
		return outbox.Event{}, err
	}
	if !dropped {
		return outbox.Event{}, ErrNoCase
	}
	row, err := tx.Q.Writeback(ctx, tx, tx.Tenant, item)
	if err != nil {
		return outbox.Event{}, fmt.Errorf("read writeback: %w", err)
	}
	if err := tx.Q.WakeLaterRevisions(ctx, tx, tx.Tenant, row.InterviewID, row.Revision); err != nil {
		return outbox.Event{}, fmt.Errorf("wake later revisions: %w", err)
	}
	return event, nil
}
