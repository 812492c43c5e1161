package writeback

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
)

// UnknownJob returns the job that a writeback names, if the writeback is new and the mirror does
// not have that job; else nil. It also returns nil where JazzHR must not be asked: if there is no
// such tenant, or if its work waits. An invalid writeback gives a [*queue.InvalidError].
func UnknownJob(ctx context.Context, tx db.TenantTx, w Writeback) (*Job, error) {
	if w.Revision == 0 {
		w.Revision = 1
	}
	if w.Job == nil {
		return nil, nil
	}
	tenant, missing, err := orMissing(tx.Q.Tenant(ctx, tx, tx.Tenant))
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	if missing || !queue.MayWork(tenant) {
		return nil, nil
	}
	if err := w.validate(); err != nil {
		return nil, err
	}
	// If there is a writeback of this key, this one is the same again or a conflict.
	_, missing, err = orMissing(tx.Q.WritebackByInterview(ctx, tx, tx.Tenant, w.InterviewID, int32(w.Revision)))
	if err != nil {
		return nil, fmt.Errorf("look for the writeback: %w", err)
	}
	if !missing {
		return nil, nil
	}
	if w.Job.ID != "" {
		_, missing, err = orMissing(tx.Q.Opening(ctx, tx, tx.Tenant, w.Job.ID))
	} else {
		_, missing, err = orMissing(tx.Q.OpeningByBoardCode(ctx, tx, tx.Tenant, &w.Job.BoardCode))
	}
	if err != nil {
		return nil, fmt.Errorf("look for the job: %w", err)
	}
	if !missing {
		return nil, nil
	}
	return w.Job, nil
}

// orMissing tells a row that is missing from other errors.
func orMissing[T any](row T, err error) (_ T, missing bool, _ error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return row, true, nil
	}
	return row, false, err
}
