package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// journal keeps what is logged, line by line, and lets a test wait for a line: the one wide line of
// each attempt tells when it has ended and what it came to.
type journal struct {
	mu     sync.Mutex
	lines  []string
	parsed []entry
	grown  chan struct{} // closed and replaced with each line
}

// entry is a line as far as tests wait for it.
type entry struct {
	Message string `json:"msg"`
	Kind    string `json:"kind"`
	Outcome string `json:"outcome"`
	JobID   int64  `json:"job_id"`
	Args    string `json:"args"`
	Attempt int    `json:"attempt"`
	Error   string `json:"error"`
}

func newJournal() *journal { return &journal{grown: make(chan struct{})} }

// Write takes one line, as slog's handlers write them.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var e entry
	_ = json.Unmarshal(line, &e) // an error in a field of another type leaves that field empty
	j.lines, j.parsed = append(j.lines, string(bytes.TrimSpace(line))), append(j.parsed, e)
	close(j.grown)
	j.grown = make(chan struct{})
	return len(line), nil
}

// String is the whole journal.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// count returns how many lines match so far.
func (j *journal) count(match func(entry) bool) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, e := range j.parsed {
		if match(e) {
			n++
		}
	}
	return n
}

// wait returns once n lines match.
func (j *journal) wait(ctx context.Context, n int, match func(entry) bool) error {
	for {
		j.mu.Lock()
		grown := j.grown
		j.mu.Unlock()
		if j.count(match) >= n {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return fmt.Errorf("wait for a line of the journal: %w", ctx.Err())
		}
	}
}

// attempted waits until n attempts at a kind of job of the tenant have come to one of the outcomes.
func (c *customer) attempted(n int, kind string, outcomes ...string) {
	c.t.Helper()
	c.logged(n, c.attempts(kind, outcomes...), fmt.Sprintf("%s that came to %v", kind, outcomes))
}

// logged waits until n lines match.
func (w *world) logged(n int, match func(entry) bool, what string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.journal.wait(ctx, n, match); err != nil {
		w.t.Fatalf("no %s: %v\n%s", what, err, w.journal)
	}
}

// attempts matches attempts at the tenant's jobs.
func (c *customer) attempts(kind string, outcomes ...string) func(entry) bool {
	return func(e entry) bool {
		return e.Message == "job" && e.Kind == kind && strings.Contains(e.Args, c.id.String()) &&
			(len(outcomes) == 0 || slices.Contains(outcomes, e.Outcome))
	}
}
