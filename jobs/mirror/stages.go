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

// seeStages keeps which stages there are, for an administrator to choose from.
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

// enterStages keeps which stages there are, and each move to one whose entry asks for an interview:
// the tick has those resolved. It is part of the transaction that announces the changes, and does
// nothing for what can't be read.
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
