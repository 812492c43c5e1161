package jobs

import (
	"context"

	"github.com/google/uuid"
)

// ActivitiesPass is what a poll does with the activities, of an account whose key the caller has.
func (r *Runner) ActivitiesPass(ctx context.Context, tenant uuid.UUID, key string) error {
	state, err := r.pollState(ctx, tenant)
	if err != nil {
		return err
	}
	return r.pollActivities(ctx, account{tenant: tenant, read: r.config.JazzHR.Account(key, nil)}, state)
}

// DeepPass is what a full pass does with them.
func (r *Runner) DeepPass(ctx context.Context, tenant uuid.UUID, key string) (missed int, err error) {
	state, err := r.pollState(ctx, tenant)
	if err != nil {
		return 0, err
	}
	return r.newActivitiesPass(account{tenant: tenant, read: r.config.JazzHR.Account(key, nil)}, state).deep(ctx)
}

// Poll is the whole of a poll.
func (r *Runner) Poll(ctx context.Context, tenant uuid.UUID, key string) error {
	state, err := r.pollState(ctx, tenant)
	if err != nil {
		return err
	}
	return r.poll(ctx, account{tenant: tenant, read: r.config.JazzHR.Account(key, nil)}, state)
}
