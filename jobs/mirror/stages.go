package mirror

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// seeStages stores the names of the stages seen, from which an administrator chooses.
func seeStages(ctx context.Context, tx db.TenantTx, changes []intrvio.StageChange) error {
	var stages []string
	for _, change := range changes {
		for _, stage := range []string{strings.TrimSpace(change.From), strings.TrimSpace(change.To)} {
			if change.Parsed && stage != "" {
				stages = append(stages, stage)
			}
		}
	}
	if len(stages) == 0 {
		return nil
	}
	slices.Sort(stages)
	return work.Wrap("keep the stages seen", tx.Q.SeeStages(ctx, tx, tx.Tenant, slices.Compact(stages)))
}

// enterStages stores the stages seen and each move to a stage that a trigger is set for. The tick gives
// these moves their jobs. It runs in the transaction that announces the changes, and leaves out
// changes that can't be read.
func enterStages(ctx context.Context, tx db.TenantTx, changes []intrvio.StageChange) error {
	if err := seeStages(ctx, tx, changes); err != nil {
		return err
	}
	for _, change := range changes {
		if !change.Parsed || change.ApplicantID == "" {
			continue
		}
		if err := tx.Q.EnterStage(ctx, tx, gen.EnterStageParams{
			TenantID: tx.Tenant, ActivityID: change.ActivityID, ApplicantID: change.ApplicantID,
			Stage: strings.TrimSpace(change.To), JobTitle: strings.TrimSpace(change.JobTitle), OccurredOn: day(change.OccurredOn),
		}); err != nil {
			return fmt.Errorf("keep the stage entry: %w", err)
		}
	}
	return nil
}
