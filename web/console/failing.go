package console

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

const (
	// failedOften is from how many failed tries on a page says so. River makes as many in 15 s.
	failedOften = 5
	// failingRows is how many failing jobs a page names at most.
	failingRows = 20
)

// accountKinds are the kinds of jobs that work on a tenant's whole account, each with the hours within
// which the next job of the kind follows one that was given up.
func accountKinds() map[string]int32 {
	return map[string]int32{
		queue.PollActivities{}.Kind():  1,
		queue.PollOpenings{}.Kind():    2,
		queue.CheckKey{}.Kind():        1,
		queue.EndWork{}.Kind():         1,
		queue.FullSync{}.Kind():        26, // nightly
		queue.AuditDuplicates{}.Kind(): 26,
	}
}

// failingJob is a job on a tenant's whole account that keeps failing, for a reason of its own: what
// JazzHR answers fails no such job.
type failingJob struct{ gen.SystemFailingAccountsRow }

// Job returns the address of the job.
func (f failingJob) Job() string { return jobHref(f.ID) }

// Tenant returns the address of the tenant.
func (f failingJob) Tenant() string { return tenantHref(f.TenantID) }

// What names the work.
func (f failingJob) What() string { return jobText(f.Kind) }

// readFailing reads what keeps failing of all tenants, or of one.
func (k *Console) readFailing(ctx context.Context, tenant *uuid.UUID) (failing []failingJob, err error) {
	params := gen.SystemFailingAccountsParams{Tries: failedOften, TenantID: tenant, MaxRows: failingRows}
	for kind, hours := range accountKinds() {
		params.Kinds, params.Hours = append(params.Kinds, kind), append(params.Hours, hours)
	}
	rows, err := gen.New().SystemFailingAccounts(ctx, k.config.Pool, params)
	if err != nil {
		return nil, fmt.Errorf("read what keeps failing: %w", err)
	}
	for _, row := range rows {
		failing = append(failing, failingJob{row})
	}
	return failing, nil
}
