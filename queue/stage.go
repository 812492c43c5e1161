package queue

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

func (t *Ticker) admitStageEntries(ctx context.Context, tx pgx.Tx) ([]river.InsertManyParams, error) {
	rows, err := gen.New().SystemAdmitStageEntries(ctx, tx, Share, tickRows)
	jobs := make([]river.InsertManyParams, len(rows))
	for i, row := range rows {
		jobs[i].Args = ResolveStageEntry{TenantID: row.TenantID, ActivityID: row.ActivityID}
	}
	return jobs, err
}
