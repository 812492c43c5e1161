package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// The note routes of an account, as its row names them: POST /applicants/{id}/notes, and POST
// /notes for accounts that do not know the first.
const (
	routeApplicant = "applicant"
	routeNotes     = "notes"
)

// keepAnswer is how long the ledger tries to store an answer while the database is away. Without
// the answer, JazzHR has to be read for it.
const keepAnswer = time.Minute

// answer is what a send came to.
type answer int

const (
	answerYes   answer = iota // written; JazzHR gave its id
	answerNever               // certainly never arrived
	answerNo                  // refused, readably
	answerRoute               // the note route is unknown to the account, so nothing was written
	answerLost                // anything else: written or not
)

// answerOf sorts what a send came to.
func answerOf(kind string, err error) answer {
	var failed *jazzhr.Error
	switch {
	case err == nil:
		return answerYes
	case !errors.As(err, &failed):
		return answerLost
	}
	switch failed.Kind {
	case jazzhr.NotSent, jazzhr.Unauthorized, jazzhr.RateLimited:
		return answerNever
	case jazzhr.Rejected:
		return answerNo
	case jazzhr.UnknownRoute:
		if kind == work.EffectNote {
			return answerRoute
		}
	case jazzhr.Unavailable, jazzhr.Unknown:
	}
	return answerLost
}

// sent is one send and what it came to.
type sent struct {
	effectID, token uuid.UUID
	route           string // the account's note route when it was sent
	answer          answer
	id              string
	err             error
}

// post sends what was committed to and records the answer. ended says that the job is over.
func (s *step) post(ctx context.Context, row gen.Effect, send intent, to remote) (ended bool, err error) {
	result := sent{effectID: row.EffectID, token: send.token, route: s.tenant.NoteRoute}
	result.id, result.err = to.send(ctx, jazzhr.Send{NotAfter: send.notAfter})
	result.answer = answerOf(row.Kind, result.err)
	// An answer is stored whatever became of the job meanwhile, and after its context has ended.
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepAnswer)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err = db.InTenant(keeping, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
			ended, err = s.record(keeping, tx, result)
			return err
		})
		if err == nil {
			break
		}
		select {
		case <-keeping.Done():
			return false, fmt.Errorf("store the answer to a send: %w", err)
		case <-time.After(wait):
		}
	}
	s.Accounts.Report(keeping, row.Kind, s.id.tenant, result.err)
	if result.answer == answerNever {
		return false, result.err
	}
	return ended, nil
}

// record stores the answer to a send. A yes to the present send also ends the step, in the same
// transaction.
func (s *step) record(ctx context.Context, tx db.TenantTx, result sent) (ended bool, err error) {
	locked, err := tx.Q.EffectByIDForUpdate(ctx, tx, result.id, tx.Tenant, result.effectID)
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock effect: %w", err)
	}
	row, now := locked.Effect, locked.Now
	if present := row.SendToken != nil && *row.SendToken == result.token; !present {
		return true, s.recordLate(ctx, tx, row, result, now)
	}
	if result.answer == answerYes && row.Kind == work.EffectCreate && locked.KnownBefore {
		result.answer, result.err = answerLost, errKnownBefore
	}
	if result.answer == answerYes {
		if err := s.confirm(ctx, tx, row, change{id: result.id, what: "confirmed", at: now, controlled: locked.Controlled}); err != nil {
			return false, err
		}
		row.State = stateSending // it may be unknown by now, but this is the answer to its send
		return true, s.advance(ctx, tx, row, result.id, queue.StateDone)
	}
	if row.State != stateSending && row.State != stateUnknown { // settled by reading meanwhile, which says more
		return false, nil
	}
	switch result.answer {
	case answerNever:
		return false, s.unsend(ctx, tx, row, result.token, result.err.Error(), now)
	case answerRoute:
		return false, s.recordRoute(ctx, tx, row, result, now)
	case answerNo:
		return false, s.recordNo(ctx, tx, row, result.err, now)
	default:
		return false, s.recordLost(ctx, tx, row, result, now)
	}
}

// errKnownBefore says that a yes to a create named somebody who was there before. JazzHR has to be
// read for who that is.
var errKnownBefore = errors.New("JazzHR named an applicant who was there before")

// unknownRoute is the evidence of a note that was not written because the account does not know the
// route.
const unknownRoute = "the account does not know this note route"

// recordRoute notes that the account does not know the note route, or not the applicant: nothing
// was written. The other route is tried next. If that was answered alike, the applicant is read for
// what it is. Both hold both ways, since an account may have been taken off its route by mistake.
func (s *step) recordRoute(ctx context.Context, tx db.TenantTx, row gen.Effect, result sent, now time.Time) error {
	bothTried := work.LastDetail(row.Evidence) == unknownRoute
	other := routeNotes
	if result.route == routeNotes {
		other = routeApplicant
	}
	if err := tx.Q.SetNoteRoute(ctx, tx, other, tx.Tenant); err != nil {
		return fmt.Errorf("switch the account's note route: %w", err)
	}
	s.tenant.NoteRoute = other
	if bothTried {
		return s.move(ctx, tx, row, stateUnknown, change{what: "lost", detail: "neither note route is known", at: now})
	}
	return s.unsend(ctx, tx, row, result.token, unknownRoute, now)
}

// recordLate keeps the answer to a send after which another send has begun: both ids are evidence.
func (s *step) recordLate(ctx context.Context, tx db.TenantTx, row gen.Effect, result sent, now time.Time) error {
	if result.answer != answerYes {
		return nil
	}
	switch row.State {
	case statePlanned, stateUnknown, stateAttention:
		return s.confirm(ctx, tx, row, change{id: result.id, what: "late_answer", at: now})
	default:
		return work.Wrap("keep a late answer", tx.Q.AddEvidence(ctx, tx,
			work.Evidence(work.Proof{At: now, What: "late_answer", RemoteIDs: []string{result.id}}), tx.Tenant, row.EffectID))
	}
}

// recordNo records JazzHR's refusal. It is read before it counts: the applicant may be gone, the link
// may be there already, an earlier send may have been applied, or this one all the same.
func (s *step) recordNo(ctx context.Context, tx db.TenantTx, row gen.Effect, sendErr error, now time.Time) error {
	return s.move(ctx, tx, row, stateUnknown, change{what: "refused", refusal: work.RefusalText(sendErr), at: now})
}

func (s *step) recordLost(ctx context.Context, tx db.TenantTx, row gen.Effect, result sent, now time.Time) error {
	c := change{what: "lost", detail: result.err.Error(), at: now}
	// An unknown note whose answer was 200 without an id: if it stays absent, the account takes
	// notes by the other route.
	if row.Kind == work.EffectNote && result.route != routeNotes && errors.Is(result.err, jazzhr.ErrMissingID) {
		c.problem = outcome.AnswerWithoutID
	}
	return s.move(ctx, tx, row, stateUnknown, c)
}

// unsend records that a send certainly never arrived.
func (s *step) unsend(ctx context.Context, tx db.TenantTx, row gen.Effect, token uuid.UUID, why string, now time.Time) error {
	return work.Wrap("record that a send never arrived", tx.Q.UnsendEffect(ctx, tx, gen.UnsendEffectParams{
		TenantID: tx.Tenant, EffectID: row.EffectID, SendToken: &token,
		Evidence: work.Evidence(work.Proof{At: now, What: "not_sent", Detail: why}),
	}))
}
