package breaker

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func opened(t *testing.T, now time.Time) state {
	t.Helper()
	var s state
	for i := range ofSeveral {
		if s.open() {
			t.Fatalf("open after %d answers", i)
		}
		s = s.failed(1, []uuid.UUID{{byte(i)}}, now)
	}
	if !s.open() {
		t.Fatal("closed, though several tenants got nothing usable")
	}
	return s
}

func TestOpens(t *testing.T) {
	t.Parallel()
	now := time.Now()
	opened(t, now)
	one := state{}
	for range ofFew - 1 {
		one = one.failed(1, []uuid.UUID{{1}}, now)
	}
	if one.open() {
		t.Error("open after the unusable answers of one tenant")
	}
	if one = one.failed(1, []uuid.UUID{{1}}, now); !one.open() {
		t.Error("closed, though the only active tenant gets nothing usable")
	}
	if _, closed := (state{Failures: ofSeveral - 1}).took(); !closed {
		t.Error("a usable answer does not end the row of unusable ones")
	}
}

// TestProbes lets one send through at a time while JazzHR is down, after waits that grow.
func TestProbes(t *testing.T) {
	t.Parallel()
	start := time.Now()
	now := start
	s, probes := opened(t, now), 0
	for ; now.Before(start.Add(time.Hour)); now = now.Add(time.Second) {
		if !s.mayProbe(uuid.UUID{byte(probes % 2)}, now) {
			continue
		}
		probes++
		s.Granted++
		s.NextAt = now.Add(s.interval())
		if s.mayProbe(uuid.UUID{9}, now) {
			t.Fatal("two probes at once")
		}
		s = s.failed(1, nil, now)
	}
	if probes < 12 || probes > 16 {
		t.Errorf("%d probes an hour", probes)
	}
}

// TestHalfOpen lets more sends through with each that is answered, until the breaker is closed.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := opened(t, now)
	now = s.NextAt
	var waves []int
	for closed := false; !closed; {
		wave := 0
		for s.mayProbe(uuid.UUID{1}, now) {
			s.Granted++
			s.NextAt = now.Add(s.interval())
			wave++
		}
		for range wave {
			if s, closed = s.took(); closed {
				break
			}
		}
		waves = append(waves, wave)
		if len(waves) > 10 {
			t.Fatalf("waves of %d", waves)
		}
	}
	if len(waves) < 4 || waves[0] != 1 || waves[1] != 2 || waves[2] != 4 {
		t.Errorf("waves of %d", waves)
	}
}

// TestHalfOpenFails tells one account's trouble from an outage that goes on.
func TestHalfOpenFails(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := opened(t, now)
	s.Granted++
	s, _ = s.took()
	s, _ = s.took()
	if s = s.failed(1, nil, now); s.Usable != 2 {
		t.Error("one unusable answer among others opens it again")
	}
	if s = s.failed(2, nil, now); s.Usable != 0 || s.mayProbe(uuid.UUID{1}, now) {
		t.Error("it stays half-open, though most answers are unusable")
	}
}

// TestProberGivesWay has a tenant whose probe failed leave the next one to another.
func TestProberGivesWay(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := opened(t, now)
	s.Prober = &uuid.UUID{1}
	if due := s.NextAt; s.mayProbe(uuid.UUID{1}, due) || !s.mayProbe(uuid.UUID{2}, due) || !s.mayProbe(uuid.UUID{1}, due.Add(firstProbe)) {
		t.Error("the same tenant's probe comes first again")
	}
}
