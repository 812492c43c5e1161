package queue

import (
	"errors"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	t.Parallel()
	start := time.Now().Add(-time.Hour)
	tests := map[string]struct {
		ours, theirs, trip time.Duration // what has passed, and how long the answer took
		step               time.Duration
	}{
		"goes on":              {30 * time.Second, 30 * time.Second, 0, 0},
		"a slow answer":        {time.Second, 20 * time.Second, 20 * time.Second, 0},
		"a little apart":       {30 * time.Second, 34 * time.Second, 0, 0},
		"set on":               {time.Second, 10*time.Minute + time.Second, 0, 10 * time.Minute},
		"set back":             {time.Second, time.Second - time.Hour, 0, -time.Hour},
		"set on by the answer": {time.Second, 31 * time.Second, 20 * time.Second, 10 * time.Second},
	}
	for name, test := range tests {
		var c Clock
		c.begin(start, start, start.Add(time.Minute)) // the clocks need not agree
		from := start.Add(test.ours)
		if got := c.look(from, from.Add(test.trip), start.Add(time.Minute+test.theirs)); got != test.step {
			t.Errorf("%s: stepped by %s, want %s", name, got, test.step)
		}
	}
}

// TestClockChecks holds that nothing is believed between a step and the heartbeat that records it.
func TestClockChecks(t *testing.T) {
	t.Parallel()
	var c Clock
	now := time.Now()
	if err := c.Check(now, now.Add(time.Hour)); err != nil {
		t.Errorf("before the node has joined: %v", err)
	}
	c.begin(now, now, now)
	for step, want := range map[time.Duration]error{0: nil, time.Second: nil, time.Hour: ErrClockStepped, -time.Hour: ErrClockStepped} {
		if err := c.Check(time.Now(), time.Now().Add(step)); !errors.Is(err, want) {
			t.Errorf("a step of %s: %v", step, err)
		}
	}
}
