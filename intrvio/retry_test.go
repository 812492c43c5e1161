package intrvio_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

func TestRetryDelay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{1, 0.5, 10 * time.Second},
		{1, 0, 8 * time.Second},
		{2, 0.5, 20 * time.Second},
		{9, 0.5, 2560 * time.Second},
		{10, 0.5, time.Hour},
		{10, 0, 48 * time.Minute},
		{160, 0.5, time.Hour},
		{0, 0.5, 10 * time.Second},
	}
	for _, tt := range tests {
		if got := intrvio.RetryDelay(tt.attempt, tt.random).Round(time.Millisecond); got != tt.want {
			t.Errorf("RetryDelay(%d, %v) = %s, want %s", tt.attempt, tt.random, got, tt.want)
		}
	}
}

func TestRetryDelayBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		attempt := rapid.Int().Draw(t, "attempt")
		random := rapid.Float64Range(0, 0.999999).Draw(t, "random")
		got := intrvio.RetryDelay(attempt, random)
		if got < 8*time.Second-time.Microsecond || got > 72*time.Minute {
			t.Fatalf("%s is out of bounds", got)
		}
		if attempt < 1<<40 && intrvio.RetryDelay(attempt+1, random) < got {
			t.Fatal("a later attempt waits less")
		}
	})
}
