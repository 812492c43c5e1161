package work

import (
	"context"
	"errors"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// Outcomes of an attempt that more than one kind of job has. Others are states of rows, or
// "waits_" and "stopped_" with an [outcome.Code].
const (
	Superseded   = "superseded"    // the row does not need this job any more
	LostJob      = "lost_job"      // the job was given to another node meanwhile
	NotConnected = "not_connected" // the tenant was disconnected since the job was made
)

type outcomeKey struct{}

// WithOutcome returns a context in which [SetOutcome] stores the outcome of an attempt.
func WithOutcome(ctx context.Context, outcome *string) context.Context {
	return context.WithValue(ctx, outcomeKey{}, outcome)
}

// SetOutcome says what an attempt came to, for its log line and the metrics. The last call counts.
func SetOutcome(ctx context.Context, outcome string) {
	if slot, ok := ctx.Value(outcomeKey{}).(*string); ok && outcome != "" {
		*slot = outcome
	}
}

// RefusalText is what JazzHR says of why it refused.
func RefusalText(err error) string {
	var failed *jazzhr.Error
	if errors.As(err, &failed) && failed.Message != "" {
		return "JazzHR refused: " + failed.Message
	}
	return "JazzHR refused"
}
