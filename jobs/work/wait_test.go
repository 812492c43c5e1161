package work_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// TestWaitAfter holds what each error means for a row and for its tenant.
func TestWaitAfter(t *testing.T) {
	t.Parallel()
	failed := func(kind jazzhr.Kind) error { return fmt.Errorf("read: %w", &jazzhr.Error{Kind: kind}) }
	for name, test := range map[string]struct {
		err     error
		unknown bool
		why     outcome.Code
		in      time.Duration // 0 for any
		failing bool
		refused bool
		tooMany bool
	}{
		"the database":            {err: errors.New("no connection"), unknown: true},
		"the budget is used up":   {err: &queue.PacedError{Wait: time.Minute}, why: outcome.WaitsRateLimit, in: time.Minute},
		"the heartbeat lapsed":    {err: work.ErrNodeLapsed, why: outcome.WaitsQueue, in: queue.NodeTimeout},
		"an answer tells nothing": {err: work.ErrUnreadable, why: outcome.WaitsRetry, failing: true},
		"JazzHR is away":          {err: failed(jazzhr.Unavailable), why: outcome.WaitsRetry, failing: true},
		"the key is refused":      {err: failed(jazzhr.Unauthorized), why: outcome.WaitsCredentials, refused: true},
		"too many calls":          {err: failed(jazzhr.RateLimited), why: outcome.WaitsRateLimit, tooMany: true},
	} {
		w, known := work.WaitAfter(test.err, 0)
		if known == test.unknown || w.Why != test.why || w.Failing != test.failing || w.RefusedKey != test.refused || w.TooMany != test.tooMany {
			t.Errorf("%s: known %v, %+v", name, known, w)
		}
		if test.in > 0 && w.In != test.in {
			t.Errorf("%s: waits %s, want %s", name, w.In, test.in)
		}
	}
	for attempts, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
		w, _ := work.WaitAfter(failed(jazzhr.Unavailable), attempts)
		if w.In < want*3/4 || w.In > want*5/4 {
			t.Errorf("attempt %d waits %s, want about %s", attempts, w.In, want)
		}
	}
	if w, _ := work.WaitAfter(failed(jazzhr.Unavailable), 100); w.In > 19*time.Minute {
		t.Errorf("the last attempts wait %s", w.In)
	}
}
