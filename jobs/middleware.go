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

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// middleware is the outermost middleware of all workers. It recovers panics, writes the log line of
// each attempt, and lets only what may be shown into River's tables and River UI.
type middleware struct {
	river.MiddlewareDefaults
	logger  *slog.Logger
	metrics *metrics
	running running
}

// running counts the jobs that this process runs, by id. River may give it a job again while it
// still runs it.
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

// Work runs the attempt.
func (m *middleware) Work(ctx context.Context, job *rivertype.JobRow, doInner func(context.Context) error) (err error) {
	started := time.Now()
	outcome := "ok"
	m.running.add(job.ID, 1)
	defer m.running.add(job.ID, -1)
	defer func() {
		if panicked := recover(); panicked != nil {
			// The value of a panic may hold anything; its type and the stack's function names do
			// not.
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
	return doInner(work.WithOutcome(ctx, &outcome))
}

// line writes the log line of an attempt. A tick that went well is logged at debug level: there is
// one every second.
func (m *middleware) line(ctx context.Context, job *rivertype.JobRow, outcome string, took time.Duration, err error) {
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
		attrs = append(attrs, "error", db.LogText(err))
	}
	m.logger.Log(ctx, level, "job", attrs...)
}

// safe returns an error as it may stand in River's tables and River UI: without what Postgres says
// in its own words, which can quote values.
func safe(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errors.New(db.LogText(err))
}

// functions returns the function names of a stack trace, without the values of arguments.
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
