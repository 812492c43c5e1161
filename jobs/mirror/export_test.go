package mirror

import (
	"context"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// ActivitiesPass is what a poll does with the activities of an account whose key the caller has.
func (m *Mirror) ActivitiesPass(ctx context.Context, tenant uuid.UUID, key string) error {
	state, err := m.pollState(ctx, tenant)
	if err != nil {
		return err
	}
	return m.pollActivities(ctx, m.accountOf(tenant, key), state)
}

// DeepPass is what a full pass does with them.
func (m *Mirror) DeepPass(ctx context.Context, tenant uuid.UUID, key string) (missed int, err error) {
	state, err := m.pollState(ctx, tenant)
	if err != nil {
		return 0, err
	}
	return m.newActivities(m.accountOf(tenant, key), state).deep(ctx)
}

func (m *Mirror) accountOf(tenant uuid.UUID, key string) work.Account {
	return work.Account{Tenant: tenant, Read: m.Accounts.JazzHR.Account(key, nil)}
}
