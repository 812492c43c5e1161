package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// outermost is the middleware around all others: it recovers panics, writes the one line of each attempt, and lets only
// what may be shown into River's tables and UI.
type outermost struct {
	river.MiddlewareDefaults
	logger  *slog.Logger
	metrics *metrics
}

type outcomeKey struct{}

// outcome lets a worker say what its attempt came to, for the line and the metrics.
func setOutcome(ctx context.Context, outcome string) {
	if slot, ok := ctx.Value(outcomeKey{}).(*string); ok && outcome != "" {
		*slot = outcome
	}
}

// Work runs the attempt.
func (m *outermost) Work(ctx context.Context, job *rivertype.JobRow, doInner func(context.Context) error) (err error) {
	started := time.Now()
	outcome := "ok"
	defer func() {
		if panicked := recover(); panicked != nil {
			// The value of a panic may hold anything; its type and the stack's function names do not.
			err = fmt.Errorf("panic of type %T", panicked)
			m.logger.Error("job panicked", "kind", job.Kind, "job_id", job.ID, "type", fmt.Sprintf("%T", panicked), "stack", functions(debug.Stack()))
		}
		if err != nil {
			outcome = "error"
		}
		m.metrics.attempt(job.Kind, outcome, time.Since(started))
		m.line(ctx, job, outcome, time.Since(started), err)
		err = safe(err)
	}()
	return doInner(context.WithValue(ctx, outcomeKey{}, &outcome))
}

// line is the one wide line of an attempt. A tick that went well says nothing: there is one every second.
func (m *outermost) line(ctx context.Context, job *rivertype.JobRow, outcome string, took time.Duration, err error) {
	level := slog.LevelInfo
	switch {
	case err != nil:
		level = slog.LevelError
	case job.Kind == "tick" || job.Kind == "purge":
		level = slog.LevelDebug
	}
	attrs := []any{
		"kind", job.Kind, "job_id", job.ID, "attempt", job.Attempt, "outcome", outcome,
		"duration", took.Round(time.Microsecond), "args", string(job.EncodedArgs),
	}
	if err != nil {
		attrs = append(attrs, "error", describe(err))
	}
	m.logger.Log(ctx, level, "job", attrs...)
}

// describe is an error's text without what a database may have put into it: messages of Postgres can quote values.
func describe(err error) string {
	text := err.Error()
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		text = strings.ReplaceAll(text, pgErr.Error(), "SQLSTATE "+pgErr.Code)
	}
	return text
}

// functions is a stack trace without the arguments' values.
func functions(stack []byte) string {
	var names []string
	for line := range strings.Lines(string(stack)) {
		// A line of a frame is its function and, from the last parenthesis on, its arguments.
		if end := strings.LastIndexByte(line, '('); end > 0 && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "panic") {
			names = append(names, line[:end])
		}
	}
	return strings.Join(names, " < ")
}
