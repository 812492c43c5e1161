package mirror

import (
	"context"
	"errors"
	"strings"

	"github.com/riverqueue/river"

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
// What JazzHR did not answer is not tried again: the next poll reads the same. The outcome names
// the lists that were stopped, and by what.
func (m *Mirror) poll(ctx context.Context, a work.Account, state pollState) error {
	var stopped []string
	var failed error
	for _, part := range []struct {
		lists string
		poll  func(context.Context, work.Account, pollState) error
	}{{ListActivities, m.pollActivities}, {"people", m.pollPeople}} {
		err := part.poll(ctx, a, state)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		wait, known := work.WaitAfter(err, 0)
		if !known { // the database or a bug: River tries the job again
			if failed == nil {
				failed = err
			}
			continue
		}
		stopped = append(stopped, part.lists+"_stopped_"+string(wait.Why))
		if err := m.Accounts.Hold(ctx, a.Tenant, a.KeyVersion, wait); err != nil {
			return err
		}
		if !wait.Failing { // then all calls of the tenant have to wait
			break
		}
	}
	work.SetOutcome(ctx, strings.Join(stopped, ","))
	return failed
}
