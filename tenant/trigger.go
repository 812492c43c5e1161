package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// Limits of a tenant's auto triggers.
const (
	maxAutoTriggers = 50
	maxStage        = 200 // characters; likewise of a job's id
)

// AutoTrigger has whoever enters a stage after SetAt interviewed.
type AutoTrigger struct {
	Stage string    // as JazzHR writes it; it need not have been seen yet
	JobID string    // JazzHR's; empty for every job
	SetAt time.Time // given by the database
}

// NormalizeAutoTriggers returns the triggers without space around their texts, or an [*InvalidError].
func NormalizeAutoTriggers(triggers []AutoTrigger) ([]AutoTrigger, error) {
	const field = "auto_trigger_stages"
	if len(triggers) > maxAutoTriggers {
		return nil, &InvalidError{field, fmt.Sprintf("give at most %d entries", maxAutoTriggers)}
	}
	normal := make([]AutoTrigger, 0, len(triggers))
	for i, trigger := range triggers {
		at := fmt.Sprintf("%s.%d", field, i)
		trigger.Stage, trigger.JobID, trigger.SetAt = strings.TrimSpace(trigger.Stage), strings.TrimSpace(trigger.JobID), time.Time{}
		if trigger.Stage == "" || utf8.RuneCountInString(trigger.Stage) > maxStage || !printable(trigger.Stage) {
			return nil, &InvalidError{at + ".stage", fmt.Sprintf("give the stage's name in JazzHR: 1 to %d printable characters", maxStage)}
		}
		if utf8.RuneCountInString(trigger.JobID) > maxStage || !printable(trigger.JobID) {
			return nil, &InvalidError{at + ".job_id", fmt.Sprintf("give JazzHR's id of a job, at most %d printable characters, or leave it out for every job", maxStage)}
		}
		if first := slices.Index(normal, trigger); first >= 0 {
			return nil, &InvalidError{at, fmt.Sprintf("is the same as entry %d; leave one out", first)}
		}
		normal = append(normal, trigger)
	}
	return normal, nil
}

// AutoTriggers returns a tenant's triggers by stage and job.
func (s *Service) AutoTriggers(ctx context.Context, id uuid.UUID) ([]AutoTrigger, error) {
	rows, err := s.q.AutoTriggers(ctx, s.pool, id)
	if err != nil {
		return nil, fmt.Errorf("read auto triggers: %w", err)
	}
	triggers := make([]AutoTrigger, len(rows))
	for i, row := range rows {
		triggers[i] = AutoTrigger(row)
	}
	return triggers, nil
}

// SetAutoTriggers makes the triggers those of the tenant, and no others. One that it had already keeps its SetAt. also runs
// last in the same transaction.
func (s *Service) SetAutoTriggers(ctx context.Context, id uuid.UUID, triggers []AutoTrigger, also ...func(db.TenantTx) error) (gen.Tenant, error) {
	return s.ChangeAutoTriggers(ctx, id, func([]AutoTrigger) []AutoTrigger { return triggers }, also...)
}

// ChangeAutoTriggers is [Service.SetAutoTriggers] with what change makes of those that the tenant has, which nobody else
// changes meanwhile.
func (s *Service) ChangeAutoTriggers(ctx context.Context, id uuid.UUID, change func([]AutoTrigger) []AutoTrigger, also ...func(db.TenantTx) error) (gen.Tenant, error) {
	return s.change(ctx, id, "set auto triggers", func(tx db.TenantTx) error {
		if _, err := found(tx.Q.TenantForChange(ctx, tx, id)); err != nil { // two changes at once go one after the other
			return err
		}
		rows, err := tx.Q.AutoTriggers(ctx, tx, id)
		if err != nil {
			return err
		}
		before := make([]AutoTrigger, len(rows))
		for i, row := range rows {
			before[i] = AutoTrigger{Stage: row.Stage, JobID: row.JobID}
		}
		triggers, err := NormalizeAutoTriggers(change(slices.Clone(before)))
		if err != nil {
			return err
		}
		for _, trigger := range before {
			if slices.Contains(triggers, trigger) {
				continue
			}
			if err := tx.Q.RemoveAutoTrigger(ctx, tx, id, trigger.Stage, trigger.JobID); err != nil {
				return err
			}
		}
		for _, trigger := range triggers {
			if err := tx.Q.AddAutoTrigger(ctx, tx, id, trigger.Stage, trigger.JobID); err != nil {
				return err
			}
		}
		return nil
	}, also...)
}
