package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const listActivities = "activities"

type pollActivitiesWorker struct {
	river.WorkerDefaults[queue.PollActivities]
	r *Runner
}

// Work reads what is new in a tenant's activities. What went wrong is not tried again: the next poll reads the same.
func (w *pollActivitiesWorker) Work(ctx context.Context, job *river.Job[queue.PollActivities]) error {
	tenantID := job.Args.TenantID
	account, err := w.r.openAccount(ctx, tenantID, queue.Bulk)
	if errors.Is(err, tenant.ErrNotConnected) { // since the tick made the job
		setOutcome(ctx, "not_connected")
		return nil
	}
	if err != nil {
		return err
	}
	p := poll{Runner: w.r, account: account}
	err = p.run(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := waitAfter(err, 0)
	if !known {
		return err
	}
	setOutcome(ctx, "stopped_"+wait.reason)
	return w.r.holdTenant(ctx, tenantID, account.keyVersion, wait)
}

// poll is one pass over a tenant's activities.
//
// JazzHR lists them newest first, without a filter by date and not strictly in order within a day, and rows shift between
// pages while they are read. So a pass reads on until a page lies wholly before the day that precedes the newest day of
// the last completed pass; each activity counts once, by its id; and only a completed pass moves the cursor.
type poll struct {
	*Runner
	account account
	newest  string // day, of all rows of this pass
}

func (p *poll) run(ctx context.Context) error {
	cursor, first, err := p.cursor(ctx)
	if err != nil {
		return err
	}
	for page := 1; ; page++ {
		rows, err := p.account.read.Activities(ctx, jazzhr.ActivityFilter{}, page)
		if err != nil {
			return fmt.Errorf("read activities: %w", err)
		}
		for _, row := range rows.Items {
			p.newest = max(p.newest, row.Date)
		}
		if first && page == 1 {
			cursor = p.newest
		}
		if err := p.keep(ctx, rows.Items, cursor, first); err != nil {
			return err
		}
		if rows.Last || liesBefore(rows.Items, cursor) {
			break
		}
	}
	return db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) error {
		if err := tx.Q.MovePollCursor(ctx, tx, tx.Tenant, listActivities, day(p.newest)); err != nil {
			return fmt.Errorf("move the cursor: %w", err)
		}
		return wrap("note the poll", tx.Q.MarkPolled(ctx, tx, tx.Tenant))
	})
}

// cursor is the newest day of the last completed pass; first says that there was none.
func (p *poll) cursor(ctx context.Context) (cursor string, first bool, err error) {
	var newest *time.Time
	err = db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) error {
		newest, err = tx.Q.PollCursor(ctx, tx, tx.Tenant, listActivities)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", true, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read the cursor: %w", err)
	}
	if newest != nil {
		cursor = newest.Format(time.DateOnly)
	}
	return cursor, false, nil
}

// liesBefore reports whether every row is older than the day before the cursor's. A row without a date may be of any day.
func liesBefore(rows []jazzhr.Activity, cursor string) bool {
	at := day(cursor)
	if at == nil {
		return false
	}
	before := at.AddDate(0, 0, -1).Format(time.DateOnly)
	return !slices.ContainsFunc(rows, func(row jazzhr.Activity) bool { return row.Date == "" || row.Date >= before })
}

// keep stores the rows that are new and announces the stage changes among them, oldest first. What stood in the account
// at the first pass is not announced: neither what that pass read, nor what lies before the days that each pass reads
// whole, of which a later pass may read more than it did.
func (p *poll) keep(ctx context.Context, rows []jazzhr.Activity, cursor string, first bool) error {
	return db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) error {
		var events []queue.Event
		for _, row := range slices.Backward(rows) {
			inserted, err := tx.Q.InsertActivity(ctx, tx, gen.InsertActivityParams{
				TenantID: tx.Tenant, ActivityID: row.ID,
				Category: row.Category, ObjectID: row.ObjectID, Action: row.Action, OccurredOn: day(row.Date), OccurredTime: some(row.Time),
			})
			if err != nil {
				return fmt.Errorf("store activity: %w", err)
			}
			if inserted == 1 && !first && row.Category == jazzhr.CategoryResumeStatus && !liesBefore([]jazzhr.Activity{row}, cursor) {
				events = append(events, queue.Event{Type: intrvio.CandidateStageChanged, Data: stageChange(row)})
			}
		}
		return queue.Announce(ctx, tx, p.client, events...)
	})
}

var quoted = regexp.MustCompile(`"([^"]*)"`)

// stageChange reads from-stage, to-stage and job title out of an activity. What can't be read is passed on as it is.
func stageChange(row jazzhr.Activity) intrvio.StageChange {
	change := intrvio.StageChange{
		ActivityID: row.ID, ApplicantID: row.ObjectID, RawAction: row.Action,
		OccurredOn: row.Date, OccurredAtTime: row.Time,
	}
	if parts := quoted.FindAllStringSubmatch(row.Action, -1); len(parts) == 3 {
		change.From, change.To, change.JobTitle, change.Parsed = parts[0][1], parts[1][1], parts[2][1], true
	}
	return change
}

func day(date string) *time.Time {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	return &at
}
