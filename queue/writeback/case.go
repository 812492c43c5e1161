package writeback

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// What a person can decide about a case.
const (
	DecisionAdopt   = "adopt"   // remote_id is it: go on with that
	DecisionResend  = "resend"  // it is not in JazzHR: write it, or try again
	DecisionAbandon = "abandon" // leave it: a writeback ends rejected, anything else done
)

// Types of case.
const (
	CaseWriteback = "writeback"
	CaseWebhook   = "webhook"
	CaseStageMove = "stage_move"
)

// Case is a writeback, a webhook or a move to a stage that a person has to decide about.
type Case struct {
	ID    uuid.UUID `json:"id"` // of the writeback or webhook; a move has one as a case only
	Type  string    `json:"type"`
	Since time.Time `json:"since"`
	// Problem says why, as a code.
	Problem     outcome.Code `json:"problem"`
	InterviewID string       `json:"interview_id,omitempty"`
	Revision    int          `json:"revision,omitempty"`
	Step        string       `json:"step,omitempty"`
	Part        int          `json:"part,omitempty"`
	ApplicantID string       `json:"applicant_id,omitempty"`
	JobID       string       `json:"job_id,omitempty"`
	Stage       string       `json:"stage,omitempty"`
	JobTitle    string       `json:"job_title,omitempty"`
	// Evidence is what led to the case, the oldest first.
	Evidence json.RawMessage `json:"evidence,omitempty"`
	// Decisions are those that can be taken.
	Decisions []string `json:"decisions"`
}

// ListCases returns a tenant's cases in the order of their ids, from the one that follows after.
func ListCases(ctx context.Context, tx db.TenantTx, after uuid.UUID, limit int) ([]Case, error) {
	writebacks, err := tx.Q.AttentionWritebacks(ctx, tx, tx.Tenant, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list writebacks that need a person: %w", err)
	}
	webhooks, err := tx.Q.AttentionWebhooks(ctx, tx, tx.Tenant, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list webhooks that need a person: %w", err)
	}
	moves, err := tx.Q.AttentionStageMoves(ctx, tx, tx.Tenant, after, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list moves to stages that need a person: %w", err)
	}
	items := make([]Case, 0, len(writebacks)+len(webhooks)+len(moves))
	for _, row := range writebacks {
		items = append(items, Case{
			ID: row.WritebackID, Type: CaseWriteback, Since: row.Since.UTC(), Problem: outcome.Code(row.Problem),
			InterviewID: row.InterviewID, Revision: int(row.Revision), Step: row.Step, Part: int(row.Part),
			ApplicantID: db.Text(row.ApplicantID), JobID: db.Text(row.JobID), Evidence: row.Evidence,
			Decisions: DecisionsOn(CaseWriteback, outcome.Code(row.Problem)),
		})
	}
	for _, row := range webhooks {
		items = append(items, Case{
			ID: row.WebhookID, Type: CaseWebhook, Since: row.ReceivedAt.UTC(), Problem: outcome.Code(row.Problem),
			Decisions: DecisionsOn(CaseWebhook, outcome.Code(row.Problem)),
		})
	}
	for _, row := range moves {
		items = append(items, Case{
			ID: row.CaseID, Type: CaseStageMove, Since: row.Since.UTC(), Problem: outcome.Code(row.Problem),
			ApplicantID: row.ApplicantID, Stage: row.Stage, JobTitle: row.JobTitle,
			Decisions: DecisionsOn(CaseStageMove, outcome.Code(row.Problem)),
		})
	}
	slices.SortFunc(items, func(a, b Case) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	return items[:min(limit, len(items))], nil
}

// DecisionsOn returns what can be decided about a case of a type, by its problem.
func DecisionsOn(kind string, problem outcome.Code) []string {
	switch {
	case kind == CaseWebhook:
		return []string{DecisionAbandon}
	case kind == CaseStageMove:
		return []string{DecisionResend, DecisionAbandon}
	case problem == outcome.TwoMatches:
		return []string{DecisionAdopt, DecisionAbandon}
	}
	return []string{DecisionAdopt, DecisionResend, DecisionAbandon}
}
