package mirror

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// passEnd stores how far an incremental pass has come, and its end.
type passEnd struct {
	mirror *Mirror
	tenant uuid.UUID
	list   string
	before cut // where the pass before was stopped
	page   int // at which the pass would go on; 0 if it has stored none
}

// mark stores where the next pass goes on if this one ends here, in the transaction that stores a
// page with news. The next pass could not tell such a page from one that a complete pass has read.
// known says that the page holds more than news.
func (e *passEnd) mark(ctx context.Context, tx db.TenantTx, at cut, known bool) error {
	if e.before.below(at.page, known) {
		return nil
	}
	e.page = at.page
	return work.Wrap("note how far the pass has come", tx.Q.CutPoll(ctx, tx, e.cut(at)))
}

func (e *passEnd) cut(at cut) gen.CutPollParams {
	return gen.CutPollParams{TenantID: e.tenant, List: e.list, Page: int32(at.page), Day: day(at.begins)}
}

// stopped stores where the next pass goes on, and returns what stopped this one.
func (e *passEnd) stopped(ctx context.Context, done passed, err error) error {
	if done.cut.page == 0 || ctx.Err() != nil {
		return err
	}
	at := e.cut(done.cut)
	noted := gen.New().CutPoll(ctx, db.Of(e.mirror.Pool, at.TenantID), at)
	return errors.Join(err, work.Wrap("note where the pass was stopped", noted))
}

// complete stores a complete pass that has found news.
func (e *passEnd) complete(ctx context.Context, tx db.TenantTx, done passed) error {
	if done.whole {
		return work.Wrap("move the cursor of "+e.list, tx.Q.MovePollCursor(ctx, tx, gen.MovePollCursorParams{
			TenantID: e.tenant, List: e.list, NewestDay: day(done.newest), Head: done.head,
		}))
	}
	return work.Wrap("end the pass over "+e.list, tx.Q.EndShortPoll(ctx, tx, gen.EndShortPollParams{
		TenantID: e.tenant, List: e.list, Head: done.head, Page: int32(e.page),
	}))
}
