package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
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
	running running
}

// running are the jobs that this process runs, by id. River may give it one again while it still runs it.
type running struct {
	mu   sync.Mutex
	jobs map[int64]int
}

func (r *running) add(job int64, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs == nil {
		r.jobs = map[int64]int{}
	}
	if r.jobs[job] += n; r.jobs[job] == 0 {
		delete(r.jobs, job)
	}
}

func (r *running) ids() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]int64, 0, len(r.jobs))
	for id := range r.jobs {
		ids = append(ids, id)
	}
	return ids
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
	m.running.add(job.ID, 1)
	defer m.running.add(job.ID, -1)
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
