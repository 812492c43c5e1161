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
)

// Limits of a tenant's auto triggers.
const (
	maxAutoTriggers = 50
	maxStage        = 200 // characters; likewise of a job's id
)

// AutoTrigger asks for an interview of each applicant who enters a stage after SetAt.
type AutoTrigger struct {
	Stage string    // as JazzHR writes it; it need not have been seen yet
	JobID string    // JazzHR's; empty for every job
	SetAt time.Time // given by the database
}

// NormalizeAutoTriggers returns the triggers without space around their texts, or a
// [*queue.InvalidError].
func NormalizeAutoTriggers(triggers []AutoTrigger) ([]AutoTrigger, error) {
	const field = "auto_trigger_stages"
	if len(triggers) > maxAutoTriggers {
		return nil, invalid(field, "give at most %d entries", maxAutoTriggers)
	}
	normal := make([]AutoTrigger, 0, len(triggers))
	for i, trigger := range triggers {
		at := fmt.Sprintf("%s.%d", field, i)
		trigger.Stage, trigger.JobID = strings.TrimSpace(trigger.Stage), strings.TrimSpace(trigger.JobID)
		trigger.SetAt = time.Time{}
		if trigger.Stage == "" || utf8.RuneCountInString(trigger.Stage) > maxStage || !printable(trigger.Stage) {
			return nil, invalid(at+".stage",
				"give the stage's name in JazzHR: 1 to %d printable characters", maxStage)
		}
		if utf8.RuneCountInString(trigger.JobID) > maxStage || !printable(trigger.JobID) {
			return nil, invalid(at+".job_id",
				"give JazzHR's id of a job, at most %d printable characters, or leave it out for every job", maxStage)
		}
		if first := slices.Index(normal, trigger); first >= 0 {
			return nil, invalid(at, "is the same as entry %d; leave one out", first)
		}
		normal = append(normal, trigger)
	}
	return normal, nil
}

// AutoTriggers returns a tenant's triggers in the order of stage and job.
func (s *Service) AutoTriggers(ctx context.Context, id uuid.UUID) ([]AutoTrigger, error) {
	rows, err := s.q.AutoTriggers(ctx, db.Of(s.pool, id), id)
	if err != nil {
		return nil, fmt.Errorf("read auto triggers: %w", err)
	}
	triggers := make([]AutoTrigger, len(rows))
	for i, row := range rows {
		triggers[i] = AutoTrigger(row)
	}
	return triggers, nil
}
