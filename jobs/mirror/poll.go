package mirror

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// PollActivitiesWorker reads what is new in a tenant's account: activities, then applicants and
// links.
type PollActivitiesWorker struct {
	river.WorkerDefaults[queue.PollActivities]
	*Mirror
}

// Work runs one poll.
func (w *PollActivitiesWorker) Work(ctx context.Context, job *river.Job[queue.PollActivities]) error {
	prepaid := job.Args.Prepaid
	if job.Attempt > 1 || job.AttemptedAt == nil || job.AttemptedAt.Sub(job.CreatedAt) > queue.ShortWait {
		prepaid = 0 // so late, the calls would not count in the minute in which they are made
	}
	account, err := w.Accounts.OpenPrepaid(ctx, job.Args.TenantID, queue.Bulk, prepaid)
	if errors.Is(err, queue.ErrNotConnected) { // since the tick made the job
		work.SetOutcome(ctx, work.NotConnected)
		return nil
	}
	if err != nil {
		return err
	}
	state, err := w.pollState(ctx, account.Tenant)
	if err != nil {
		return err
	}
	if state.stopped != nil {
		return work.StopsHere(ctx, state.stopped)
	}
	return w.poll(ctx, account, state)
}

// poll reads list by list. Each is stored by itself, so what stops one takes nothing from another.
// What JazzHR did not answer is not tried again: the next poll goes on there. The outcome names the
// lists that were stopped, and by what.
func (m *Mirror) poll(ctx context.Context, a work.Account, state pollState) error {
	var passed, stopped []string
	var failed error
	held := false
	for _, list := range state.turns() {
		err := m.pollList(ctx, a, state, list)
		if err == nil {
			passed = append(passed, list)
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		wait, known := work.WaitAfter(err, 0)
		if !known { // the database or a bug: River tries the job again
			failed = cmp.Or(failed, err)
			continue
		}
		stopped = append(stopped, list+"_stopped_"+string(wait.Why))
		if err := m.Accounts.Hold(ctx, a.Tenant, a.KeyVersion, wait); err != nil {
			return err
		}
		if !wait.Failing { // then all calls of the tenant have to wait
			held = wait.RefusedKey || wait.TooMany
			failed = cmp.Or(failed, m.hadTurn(ctx, a.Tenant, passed))
			break
		}
	}
	work.SetOutcome(ctx, strings.Join(stopped, ","))
	if held {
		return failed
	}
	return cmp.Or(failed, m.backfill(ctx, a.Tenant, state, passed))
}

// hadTurn notes that the lists have had their turn, so that the one that was stopped is the first of
// the next poll.
func (m *Mirror) hadTurn(ctx context.Context, tenant uuid.UUID, lists []string) error {
	if len(lists) == 0 {
		return nil
	}
	return work.Wrap("note the lists' turn", gen.New().NoteTurns(ctx, db.Of(m.Pool, tenant), tenant, lists))
}

func (m *Mirror) pollList(ctx context.Context, a work.Account, state pollState, list string) error {
	switch list {
	case ListApplicants:
		return m.applicantList(a.Tenant, a.Read).poll(ctx, state.window(list))
	case ListLinks:
		return m.linkList(a.Tenant, a.Read).poll(ctx, state.window(list))
	default:
		return m.pollActivities(ctx, a, state)
	}
}
