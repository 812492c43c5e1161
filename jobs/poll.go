package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const listActivities = "activities"

type pollActivitiesWorker struct {
	river.WorkerDefaults[queue.PollActivities]
	r *Runner
}

// Work reads what is new in a tenant's account: activities, then applicants and links.
func (w *pollActivitiesWorker) Work(ctx context.Context, job *river.Job[queue.PollActivities]) error {
	prepaid := job.Args.Prepaid
	if job.Attempt > 1 || job.AttemptedAt == nil || job.AttemptedAt.Sub(job.CreatedAt) > queue.ShortWait {
		prepaid = 0 // so long after, they would not count in the minute in which they are made
	}
	a, err := w.r.openPrepaid(ctx, job.Args.TenantID, queue.Bulk, prepaid)
	if errors.Is(err, tenant.ErrNotConnected) { // since the tick made the job
		setOutcome(ctx, "not_connected")
		return nil
	}
	if err != nil {
		return err
	}
	state, err := w.r.pollState(ctx, a.tenant)
	if err != nil {
		return err
	}
	if state.stopped != nil {
		return stopsHere(ctx, state.stopped)
	}
	return w.r.poll(ctx, a, state)
}

// poll reads list by list. Each is stored by itself, so what stops one takes nothing from another. What JazzHR did not
// answer is not tried again: the next poll reads the same. The outcome names the lists that were stopped, and by what.
func (r *Runner) poll(ctx context.Context, a account, state pollState) error {
	var stopped []string
	var failed error
	for _, of := range []struct {
		lists string
		poll  func(context.Context, account, pollState) error
	}{{listActivities, r.pollActivities}, {"people", r.pollPeople}} {
		err := of.poll(ctx, a, state)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		wait, known := waitAfter(err, 0)
		if !known { // the database or a bug: River's to try again
			if failed == nil {
				failed = err
			}
			continue
		}
		stopped = append(stopped, of.lists+"_stopped_"+wait.reason)
		if err := r.holdTenant(ctx, a.tenant, a.keyVersion, wait); err != nil {
			return err
		}
		if !wait.failing { // then all calls of the tenant have to wait
			break
		}
	}
	setOutcome(ctx, strings.Join(stopped, ","))
	return failed
}

// cursor is what the completed passes over a list have left.
type cursor struct {
	first    bool   // none was complete yet
	newest   string // day, of all rows that they read
	baseline string // newest day of the first of them; empty if there was nothing
	head     []byte // what the list began with in the last of them
}

// pollCursor reads the cursor of a list.
func pollCursor(ctx context.Context, tx db.TenantTx, list string) (cursor, error) {
	row, err := tx.Q.PollCursor(ctx, tx, tx.Tenant, list)
	if errors.Is(err, pgx.ErrNoRows) {
		return cursor{first: true}, nil
	}
	if err != nil {
		return cursor{}, fmt.Errorf("read the cursor: %w", err)
	}
	return cursor{newest: dayText(row.NewestDay), baseline: dayText(row.BaselineDay), head: row.Head}, nil
}

// newActivitiesPass is a pass that goes on from the cursor.
func (r *Runner) newActivitiesPass(a account, state pollState) *activitiesPass {
	p := &activitiesPass{Runner: r, account: a, start: state.cursor(listActivities), latest: state.latest()}
	p.page = func(ctx context.Context, number int) (jazzhr.Page[jazzhr.Activity], error) {
		return a.read.Activities(ctx, jazzhr.ActivityFilter{}, number)
	}
	return p
}

const (
	// farPage is the page from which on one that can't be read is asked for again: a pass that has come so far, after an outage,
	// hardly ever came to its end if each failure had it begin anew.
	farPage  = 4
	farTries = 3
)

// persevere has a pass ask for far pages again.
func (p *activitiesPass) persevere() {
	once := p.page
	p.page = func(ctx context.Context, number int) (page jazzhr.Page[jazzhr.Activity], err error) {
		for try := 1; ; try++ {
			if page, err = once(ctx, number); err == nil || number < farPage || try == farTries {
				return page, err
			}
			if w, known := waitAfter(err, 0); !known || !w.failing {
				return page, err
			}
		}
	}
}

// pollActivities reads what is new in a tenant's activities.
//
// JazzHR lists them newest first, without a filter by date and not strictly in order within a day, and rows shift between
// pages while they are read. So a pass reads on until a page lies wholly before the day that precedes the newest day of
// the last completed pass; each activity counts once, by its id; and only a completed pass moves the cursor. A list that
// begins as it did in the last completed pass has nothing new: an idle account costs one call.
//
// Rows that are taken out of the list while it is read can shift others past a pass. The next passes find those of the
// latest two days, [activitiesPass.deep] the older ones.
func (r *Runner) pollActivities(ctx context.Context, a account, state pollState) error {
	p := r.newActivitiesPass(a, state)
	p.persevere()
	p.until = func(begins string) string {
		if p.start.first {
			return daysBefore(begins, 1)
		}
		return daysBefore(p.start.newest, 1)
	}
	if err := p.read(ctx); err != nil {
		return err
	}
	if p.start.unchanged(p.head) {
		return wrap("note the poll", gen.New().NoteQuietPoll(ctx, r.config.Pool, a.tenant, listActivities, p.head))
	}
	return db.InTenant(ctx, r.config.Pool, a.tenant, func(tx db.TenantTx) error {
		now, err := pollCursor(ctx, tx, listActivities)
		if err != nil {
			return err
		}
		if p.start.first && !now.first { // this one has not read on to that cursor
			return nil
		}
		if err := tx.Q.MovePollCursor(ctx, tx, gen.MovePollCursorParams{
			TenantID: tx.Tenant, List: listActivities, NewestDay: day(p.newest), Head: p.head,
		}); err != nil {
			return fmt.Errorf("move the cursor: %w", err)
		}
		return wrap("note the poll", tx.Q.MarkPolled(ctx, tx, tx.Tenant))
	})
}

// deepDays is how many days before the newest a deep pass reads.
const deepDays = 30

// deep reads a month of a tenant's activities again, and announces what passes have missed. missed counts the
// activities, of any category, that the next passes would not have come back to; it holds if err is not nil too, for
// what was read is stored. The cursor stays where it is. Before the first completed pass there is nothing to compare with.
func (p *activitiesPass) deep(ctx context.Context) (missed int, err error) {
	if p.start.first {
		return 0, nil
	}
	p.until = func(begins string) string { return daysBefore(begins, deepDays) }
	p.start.head = nil
	err = p.read(ctx)
	return p.missed, err
}

// headOf tells a first page from others.
func headOf(rows []jazzhr.Activity) []byte {
	hash := sha256.New()
	for _, row := range rows {
		_, _ = fmt.Fprintf(hash, "%s\n", row.ID) // never fails
	}
	return hash.Sum(nil)
}

// unchanged reports whether the list begins as it did in the last completed pass.
func (c cursor) unchanged(head []byte) bool { return bytes.Equal(c.head, head) }

// day is a date as the database takes it; nil for what is none.
func day(date string) *time.Time {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	return &at
}

// dayText is the reverse of day.
func dayText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.DateOnly)
}

// daysBefore is the day so many days before another; empty for none.
func daysBefore(date string, days int) string {
	at := day(date)
	if at == nil {
		return ""
	}
	return at.AddDate(0, 0, -days).Format(time.DateOnly)
}
