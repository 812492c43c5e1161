package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// The note routes of an account, as its row names them: the mission's, and that of accounts that do not know it.
const (
	routeApplicant = "applicant"
	routeNotes     = "notes"
)

// keepAnswer bounds how long an answer is tried to be stored while the database is away: it is all that spares JazzHR
// being read for it.
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
		if kind == effectNote {
			return answerRoute
		}
	case jazzhr.Unavailable, jazzhr.Unknown:
	}
	return answerLost
}

// sent is one send and what it came to.
type sent struct {
	effectID, token uuid.UUID
	route           string // the account's for notes, when it was sent
	answer          answer
	id              string
	err             error
}

// post sends what was committed to and records the answer. ended says that the job is over.
func (a *attempt) post(ctx context.Context, row gen.Effect, send intent, to remote) (ended bool, err error) {
	s := sent{effectID: row.EffectID, token: send.token, route: a.tenant.NoteRoute}
	s.id, s.err = to.send(ctx, jazzhr.Send{NotAfter: send.notAfter})
	s.answer = answerOf(row.Kind, s.err)
	// An answer is stored whatever became of the job meanwhile, and outlives its context.
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepAnswer)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err = db.InTenant(keeping, a.config.Pool, a.writeback.TenantID, func(tx db.TenantTx) error {
			ended, err = a.record(keeping, tx, s)
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
	if s.answer == answerNever {
		return false, s.err
	}
	return ended, nil
}

// record stores the answer to a send. A yes to the present send also ends the step, in the same transaction.
func (a *attempt) record(ctx context.Context, tx db.TenantTx, s sent) (ended bool, err error) {
	locked, err := tx.Q.EffectByIDForUpdate(ctx, tx, tx.Tenant, s.effectID)
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock effect: %w", err)
	}
	row, now := locked.Effect, locked.Now
	if present := row.SendToken != nil && *row.SendToken == s.token; !present {
		return true, a.recordLate(ctx, tx, row, s, now)
	}
	if s.answer == answerYes {
		if err := a.confirm(ctx, tx, row, mark{id: s.id, what: "confirmed", at: now, controlled: locked.Controlled}); err != nil {
			return false, err
		}
		return true, a.advance(ctx, tx, row, s.id, queue.StateDone)
	}
	if row.State != stateSending && row.State != stateUnknown { // settled by reading meanwhile, which says more
		return false, nil
	}
	switch s.answer {
	case answerNever:
		return false, a.unsend(ctx, tx, row, s.token, s.err.Error(), now)
	case answerRoute:
		return false, a.recordRoute(ctx, tx, row, s, now)
	case answerNo:
		return a.recordNo(ctx, tx, row, s.err, now)
	default:
		return false, a.recordLost(ctx, tx, row, s, now)
	}
}

// unknownRoute is the evidence of a note that was not written because the account does not know the route.
const unknownRoute = "the account does not know this note route"

// recordRoute takes it that the account does not know the note route: nothing was written, and the other is tried. The account
// may have been taken off the right one by an answer without an id, so this holds both ways, once for a note.
func (a *attempt) recordRoute(ctx context.Context, tx db.TenantTx, row gen.Effect, s sent, now time.Time) error {
	other := routeNotes
	if s.route == routeNotes {
		other = routeApplicant
	}
	if s.route == routeNotes && strings.Contains(string(row.Evidence), unknownRoute) {
		return a.mark(ctx, tx, row, stateUnknown, mark{what: "refused", detail: s.err.Error(), refusal: "JazzHR knows neither route for notes", at: now})
	}
	if err := tx.Q.SetNoteRoute(ctx, tx, other, tx.Tenant); err != nil {
		return fmt.Errorf("switch the account's note route: %w", err)
	}
	a.tenant.NoteRoute = other
	return a.unsend(ctx, tx, row, s.token, unknownRoute, now)
}

// recordLate keeps the answer to a send after which another has begun: both ids are evidence.
func (a *attempt) recordLate(ctx context.Context, tx db.TenantTx, row gen.Effect, s sent, now time.Time) error {
	if s.answer != answerYes {
		return nil
	}
	switch row.State {
	case statePlanned, stateUnknown, stateAttention:
		return a.confirm(ctx, tx, row, mark{id: s.id, what: "late_answer", at: now})
	default:
		return wrap("keep a late answer", tx.Q.AddEvidence(ctx, tx,
			evidence(proof{At: now, What: "late_answer", RemoteIDs: []string{s.id}}), tx.Tenant, row.EffectID))
	}
}

// recordNo takes JazzHR's refusal. A create's first is final; any other is read before it counts, since the applicant may
// be gone, the link there already, or an earlier send applied.
func (a *attempt) recordNo(ctx context.Context, tx db.TenantTx, row gen.Effect, sendErr error, now time.Time) (ended bool, err error) {
	m := mark{what: "refused", refusal: refusalText(sendErr), at: now}
	if row.Kind == effectCreate && row.Sends == 1 {
		if err := a.mark(ctx, tx, row, stateRejected, m); err != nil {
			return false, err
		}
		return true, a.rejectIn(ctx, tx, m.refusal)
	}
	return false, a.mark(ctx, tx, row, stateUnknown, m)
}

func (a *attempt) recordLost(ctx context.Context, tx db.TenantTx, row gen.Effect, s sent, now time.Time) error {
	m := mark{what: "lost", detail: s.err.Error(), at: now}
	if row.Kind == effectNote && s.route != routeNotes && errors.Is(s.err, jazzhr.ErrMissingID) {
		m.problem = problemNoID
	}
	return a.mark(ctx, tx, row, stateUnknown, m)
}

func (a *attempt) unsend(ctx context.Context, tx db.TenantTx, row gen.Effect, token uuid.UUID, why string, now time.Time) error {
	return wrap("record that a send never arrived", tx.Q.UnsendEffect(ctx, tx, gen.UnsendEffectParams{
		TenantID: tx.Tenant,
		EffectID: row.EffectID, SendToken: &token, Evidence: evidence(proof{At: now, What: "not_sent", Detail: why}),
	}))
}

// refusalText is JazzHR's own word for why it refused.
func refusalText(err error) string {
	var failed *jazzhr.Error
	if errors.As(err, &failed) && failed.Message != "" {
		return "JazzHR refused: " + failed.Message
	}
	return "JazzHR refused"
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// wrap adds what was being done to an error, if there is one.
func wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
