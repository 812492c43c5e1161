package jobs

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// activitiesPass is one pass over a tenant's activities.
type activitiesPass struct {
	*Runner
	account account
	start   cursor
	latest  string // the latest day that can be today anywhere
	// page reads one.
	page func(ctx context.Context, number int) (jazzhr.Page[jazzhr.Activity], error)
	// until tells, by the newest day of the first page, the day such that a page wholly before it is the last. It is asked
	// anew for each page: start changes if another pass is the first to be complete.
	until func(begins string) string

	newest string // day, of all rows of this pass
	head   []byte
	missed int
}

// read reads page by page and stores each before the next.
func (p *activitiesPass) read(ctx context.Context) error {
	var begins string
	for page := 1; ; page++ {
		rows, err := p.page(ctx, page)
		if err != nil {
			return fmt.Errorf("read activities: %w", err)
		}
		p.newest = max(p.newest, min(newestDay(rows.Items), p.latest)) // a day to come would hide all until then
		if page == 1 {
			begins, p.head = p.newest, headOf(rows.Items)
			if p.start.unchanged(p.head) {
				return nil
			}
		}
		if err := p.keep(ctx, rows.Items); err != nil {
			return err
		}
		if until := p.until(begins); rows.Last || until != "" && allBefore(rows.Items, until) {
			return nil
		}
	}
}

// newestDay is the newest of the rows' dates; empty if none has one.
func newestDay(rows []jazzhr.Activity) (newest string) {
	for _, row := range rows {
		if day(row.Date) != nil {
			newest = max(newest, row.Date)
		}
	}
	return newest
}

// allBefore reports whether every row is of an earlier day. A row without a date may be of any day.
func allBefore(rows []jazzhr.Activity, date string) bool {
	return !slices.ContainsFunc(rows, func(row jazzhr.Activity) bool { return day(row.Date) == nil || row.Date >= date })
}

// keep stores the rows that are new and announces the stage changes among them, oldest first. What stood in the account
// at the first pass is not announced: neither what that pass read, nor what is older than what it read whole, of which
// another pass may read more.
func (p *activitiesPass) keep(ctx context.Context, rows []jazzhr.Activity) error {
	var missed int
	err := db.InTenant(ctx, p.config.Pool, p.account.tenant, func(tx db.TenantTx) error {
		if p.start.first { // another pass may have been complete meanwhile: what it did not see is news
			now, err := pollCursor(ctx, tx, listActivities)
			if err != nil {
				return err
			}
			p.start.first, p.start.baseline, p.start.newest = now.first, now.baseline, now.newest
		}
		fresh, err := storeActivities(ctx, tx, rows)
		if err != nil {
			return err
		}
		var changes []intrvio.StageChange
		var events []queue.Event
		for _, row := range p.news(rows, fresh) {
			if before := daysBefore(p.start.newest, 1); day(row.Date) != nil && row.Date < before {
				missed++
			}
			if row.Category == jazzhr.CategoryResumeStatus {
				changes = append(changes, stageChange(row))
				events = append(events, queue.Event{Type: intrvio.CandidateStageChanged, Data: changes[len(changes)-1]})
			}
		}
		if err := enterStages(ctx, tx, changes); err != nil {
			return err
		}
		return queue.Announce(ctx, tx, p.client, events...)
	})
	if err == nil {
		p.missed += missed
	}
	return err
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

// news are the fresh rows that have come since the first pass, oldest first, each once. One without a date is taken for as
// new as the newest of its page.
func (p *activitiesPass) news(rows []jazzhr.Activity, fresh map[string]bool) (news []jazzhr.Activity) {
	if p.start.first {
		return nil
	}
	since, newest := daysBefore(p.start.baseline, 1), newestDay(rows)
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
