package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// PollNow is what the worker of a poll does, here and now. The outcome is that of the attempt's
// line; empty if all went well.
func (r *Runner) PollNow(ctx context.Context, tenant uuid.UUID) (outcome string, err error) {
	err = (&mirror.PollActivitiesWorker{Mirror: r.mirror}).Work(work.WithOutcome(ctx, &outcome),
		&river.Job[queue.PollActivities]{JobRow: &rivertype.JobRow{}, Args: queue.PollActivities{TenantID: tenant}})
	return outcome, err
}

// PollPrepaid is PollNow for a poll whose first calls the tick has taken from the budget.
func (r *Runner) PollPrepaid(ctx context.Context, tenant uuid.UUID, calls int) (outcome string, err error) {
	now := time.Now()
	err = (&mirror.PollActivitiesWorker{Mirror: r.mirror}).Work(work.WithOutcome(ctx, &outcome),
		&river.Job[queue.PollActivities]{
			JobRow: &rivertype.JobRow{Attempt: 1, CreatedAt: now, AttemptedAt: &now},
			Args:   queue.PollActivities{TenantID: tenant, Prepaid: calls},
		})
	return outcome, err
}

// PollOpeningsNow is likewise for a pass over the openings.
func (r *Runner) PollOpeningsNow(ctx context.Context, tenant uuid.UUID) (outcome string, err error) {
	err = (&mirror.PollOpeningsWorker{Mirror: r.mirror}).Work(work.WithOutcome(ctx, &outcome),
		&river.Job[queue.PollOpenings]{Args: queue.PollOpenings{TenantID: tenant}})
	return outcome, err
}

// FullSyncNow is likewise for a full pass.
func (r *Runner) FullSyncNow(ctx context.Context, tenant uuid.UUID) (outcome string, err error) {
	err = (&mirror.FullSyncWorker{Mirror: r.mirror}).Work(work.WithOutcome(ctx, &outcome),
		&river.Job[queue.FullSync]{Args: queue.FullSync{TenantID: tenant}})
	return outcome, err
}

// Client returns the River client that workers insert jobs by.
func (r *Runner) Client() *queue.Client { return r.inserter }
