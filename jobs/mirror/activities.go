package mirror

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

// cursor is what the complete passes over a list have left.
type cursor struct {
	first    bool   // no pass was complete yet
	newest   string // day, of all rows that they read
	baseline string // newest day of the first of them; empty if the list was empty
	head     []byte // what the list began with in the last of them
}

// readCursor reads the cursor of the activities.
func readCursor(ctx context.Context, tx db.TenantTx) (cursor, error) {
	row, err := tx.Q.PollCursor(ctx, tx, tx.Tenant, ListActivities)
	if errors.Is(err, pgx.ErrNoRows) {
		return cursor{first: true}, nil
	}
	if err != nil {
		return cursor{}, fmt.Errorf("read the cursor: %w", err)
	}
	return cursor{newest: dayText(row.NewestDay), baseline: dayText(row.BaselineDay), head: row.Head}, nil
}

// activities is one pass over a tenant's activities.
type activities struct {
	mirror  *Mirror
	account work.Account
	start   cursor
	short   bool   // end at the first page that holds nothing new
	left    cut    // where the last poll was stopped
	goesOn  bool   // the next poll goes on elsewhere, whatever this pass finds
	latest  string // the latest day that can be today anywhere
	end     passEnd
	// page reads a page.
	page   func(ctx context.Context, number int) (jazzhr.Page[jazzhr.Activity], error)
	missed int
}

func (m *Mirror) newActivities(a work.Account, state pollState) *activities {
	p := &activities{
		mirror: m, account: a, start: state.cursor(ListActivities), latest: state.latest(),
		left: state.cut(ListActivities), end: passEnd{mirror: m, tenant: a.Tenant, list: ListActivities},
	}
	p.page = func(ctx context.Context, number int) (jazzhr.Page[jazzhr.Activity], error) {
		return a.Read.Activities(ctx, jazzhr.ActivityFilter{}, number)
	}
	return p
}

const (
	// farPage is the first page that is asked for again if it can't be read. A pass that has come
	// so far, after an outage, would hardly ever reach its end if each failure had it begin anew.
	farPage  = 4
	farTries = 3
)

// retryFarPages has a pass ask for far pages again.
func (p *activities) retryFarPages() {
	once := p.page
	p.page = func(ctx context.Context, number int) (page jazzhr.Page[jazzhr.Activity], err error) {
		for try := 1; ; try++ {
			if page, err = once(ctx, number); err == nil || number < farPage || try == farTries {
				return page, err
			}
			if w, known := work.WaitAfter(err, 0); !known || !w.Failing {
				return page, err
			}
		}
	}
}

// pollActivities reads what is new in a tenant's activities.
//
// JazzHR has no filter by date for them. A pass ends at the first page that holds nothing new. A
// whole pass, which is made at least every [wholeEvery] while there is news, reads on until a page
// lies wholly before the day that precedes the newest day of the last whole pass. Only a whole one
// moves that day.
//
// Rows that are taken out of the list while it is read can shift others past a pass. The next whole
// passes find those of the latest two days, [activities.deep] finds the older ones.
func (m *Mirror) pollActivities(ctx context.Context, a work.Account, state pollState) error {
	p := m.newActivities(a, state)
	p.retryFarPages()
	p.end.before, p.short = p.left, !p.start.first && !state.wholeDue(ListActivities)
	head := p.start.head
	if !p.short {
		head = nil
	}
	done, err := p.read(ctx, head, func(begins string) string {
		// Asked for each page: another pass may be the first to be complete meanwhile.
		if p.start.first {
			return daysBefore(begins, 1)
		}
		return daysBefore(p.start.newest, 1)
	})
	if err != nil {
		return p.end.stopped(ctx, done, err)
	}
	if done.unchanged {
		return work.Wrap("note the poll", gen.New().NoteQuietPoll(ctx, db.Of(m.Pool, a.Tenant), a.Tenant, ListActivities, done.head))
	}
	return db.InTenant(ctx, m.Pool, a.Tenant, func(tx db.TenantTx) error {
		now, err := readCursor(ctx, tx)
		if err != nil {
			return err
		}
		if p.start.first && !now.first { // this pass has not read on to that cursor
			return nil
		}
		if err := p.end.complete(ctx, tx, done); err != nil {
			return err
		}
		return work.Wrap("note the poll", tx.Q.MarkPolled(ctx, tx, tx.Tenant))
	})
}

// deepDays is how many days before the newest a deep pass reads.
const deepDays = 30

// deep reads a month of a tenant's activities again, and announces what passes have missed. missed
// counts the activities, of any category, that the next passes would not have come back to. It
// holds if err is not nil too, since what was read is stored. The cursor stays where it is, and the
// next poll reads on below the news that were found here: it may have to read further back. Before the
// first complete pass there is nothing to compare with.
func (p *activities) deep(ctx context.Context) (missed int, err error) {
	if p.start.first {
		return 0, nil
	}
	p.goesOn = p.left.page > 0
	_, err = p.read(ctx, nil, func(begins string) string { return daysBefore(begins, deepDays) })
	return p.missed, err
}

func (p *activities) read(ctx context.Context, head []byte, until func(begins string) string) (passed, error) {
	return pass[jazzhr.Activity]{
		name: ListActivities, read: p.page, latest: p.latest, head: head, until: until, of: activityDay,
		cut: p.end.before, short: p.short,
		keep: func(ctx context.Context, rows []jazzhr.Activity, page int, begins string) (int, error) {
			return p.keep(ctx, rows, cut{page + 1, begins})
		},
	}.run(ctx)
}

func activityDay(row jazzhr.Activity) (id, day string) { return row.ID, row.Date }

// keep stores the rows that are new, and announces the stage changes among them, oldest first. It
// returns how many were new. A pass that ends after them goes on at next.
//
// What stood in the account at the first pass is not announced. That is what the first pass read,
// and what is older: another pass may read more of it.
func (p *activities) keep(ctx context.Context, rows []jazzhr.Activity, next cut) (found int, err error) {
	var missed int
	err = db.InTenant(ctx, p.mirror.Pool, p.account.Tenant, func(tx db.TenantTx) error {
		if p.start.first { // another pass may have been complete meanwhile: what it did not see is news
			now, err := readCursor(ctx, tx)
			if err != nil {
				return err
			}
			p.start.first, p.start.baseline, p.start.newest = now.first, now.baseline, now.newest
		}
		fresh, err := storeActivities(ctx, tx, rows)
		if err != nil {
			return err
		}
		if found = len(fresh); found > 0 && !p.goesOn {
			if err := p.end.mark(ctx, tx, next, found < len(rows)); err != nil {
				return err
			}
		}
		var changes []intrvio.StageChange
		var events []outbox.Event
		for _, row := range p.news(rows, fresh) {
			if before := daysBefore(p.start.newest, 1); day(row.Date) != nil && row.Date < before {
				missed++
			}
			if row.Category == jazzhr.CategoryResumeStatus {
				change := stageChange(row)
				changes = append(changes, change)
				events = append(events, outbox.Event{Type: intrvio.CandidateStageChanged, Data: change})
			}
		}
		if err := enterStages(ctx, tx, changes); err != nil {
			return err
		}
		return outbox.Announce(ctx, tx, p.mirror.Client, events...)
	})
	if err == nil {
		p.missed += missed
	}
	return found, err
}

// storeActivities returns the ids of those that were not stored before.
func storeActivities(ctx context.Context, tx db.TenantTx, rows []jazzhr.Activity) (fresh map[string]bool, err error) {
	params := gen.InsertActivitiesParams{TenantID: tx.Tenant}
	for _, row := range rows {
		params.ActivityIds = append(params.ActivityIds, row.ID)
		params.Categories = append(params.Categories, row.Category)
		params.ObjectIds = append(params.ObjectIds, row.ObjectID)
		params.Actions = append(params.Actions, row.Action)
		params.Days = append(params.Days, dayText(day(row.Date)))
		params.Times = append(params.Times, row.Time)
	}
	ids, err := tx.Q.InsertActivities(ctx, tx, params)
	if err != nil {
		return nil, fmt.Errorf("store activities: %w", err)
	}
	fresh = make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, nil
}

// news returns the fresh rows that have come since the first pass, oldest first, each once. A row
// without a date counts as new as the newest of its page.
func (p *activities) news(rows []jazzhr.Activity, fresh map[string]bool) (news []jazzhr.Activity) {
	if p.start.first {
		return nil
	}
	since := daysBefore(p.start.baseline, 1)
	newest := pass[jazzhr.Activity]{of: activityDay}.newestDay(rows)
	for _, row := range slices.Backward(rows) {
		on := newest
		if day(row.Date) != nil {
			on = row.Date
		}
		if fresh[row.ID] && (on == "" || on >= since) {
			news = append(news, row)
		}
		delete(fresh, row.ID)
	}
	return news
}

// quoted are the three texts in quotes of a move to another stage: from where, to where, and the
// job's title, which may hold quotes of its own.
var quoted = regexp.MustCompile(`(?s)^[^"]*"([^"]*)"[^"]*"([^"]*)"[^"]*"(.*)"[^"]*$`)

// stageChange reads from-stage, to-stage and job title out of an activity. What can't be read is
// passed on as it is.
func stageChange(row jazzhr.Activity) intrvio.StageChange {
	change := intrvio.StageChange{
		ActivityID: row.ID, ApplicantID: row.ObjectID, RawAction: row.Action,
		OccurredOn: row.Date, OccurredAtTime: row.Time,
	}
	if parts := quoted.FindStringSubmatch(row.Action); parts != nil {
		change.From, change.To, change.JobTitle, change.Parsed = parts[1], parts[2], parts[3], true
	}
	return change
}
