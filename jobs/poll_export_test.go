package jobs

import (
	"context"

	"github.com/google/uuid"
)

// ActivitiesPass is what a poll does with the activities, of an account whose key the caller has.
func (r *Runner) ActivitiesPass(ctx context.Context, tenant uuid.UUID, key string) error {
	return r.pollActivities(ctx, account{tenant: tenant, read: r.config.JazzHR.Account(key, nil)})
}

// DeepPass is what a full pass does with them.
func (r *Runner) DeepPass(ctx context.Context, tenant uuid.UUID, key string) (missed int, err error) {
	p, err := r.newActivitiesPass(ctx, account{tenant: tenant, read: r.config.JazzHR.Account(key, nil)})
	if err != nil {
		return 0, err
	}
	return p.deep(ctx)
}
