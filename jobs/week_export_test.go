package jobs

import (
	"context"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/queue"
)

// PollNow is what the worker of a poll does, here and now. The outcome is that of the attempt's line; empty if all went well.
func (r *Runner) PollNow(ctx context.Context, tenant uuid.UUID) (outcome string, err error) {
	err = (&pollActivitiesWorker{r: r}).Work(withOutcome(ctx, &outcome),
		&river.Job[queue.PollActivities]{JobRow: &rivertype.JobRow{}, Args: queue.PollActivities{TenantID: tenant}})
	return outcome, err
}

// PollOpeningsNow is likewise for a pass over the openings.
func (r *Runner) PollOpeningsNow(ctx context.Context, tenant uuid.UUID) (outcome string, err error) {
	err = (&pollOpeningsWorker{r: r}).Work(withOutcome(ctx, &outcome),
		&river.Job[queue.PollOpenings]{Args: queue.PollOpenings{TenantID: tenant}})
	return outcome, err
}

// FullSyncNow is likewise for a full pass.
func (r *Runner) FullSyncNow(ctx context.Context, tenant uuid.UUID) (outcome string, err error) {
	err = (&fullSyncWorker{r: r}).Work(withOutcome(ctx, &outcome),
		&river.Job[queue.FullSync]{Args: queue.FullSync{TenantID: tenant}})
	return outcome, err
}

func withOutcome(ctx context.Context, outcome *string) context.Context {
	return context.WithValue(ctx, outcomeKey{}, outcome)
}
