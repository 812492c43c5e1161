package breaker

import (
	"slices"
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
		s = s.failed([]uuid.UUID{{byte(i)}}, now)
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
		one = one.failed([]uuid.UUID{{1}}, now)
	}
	if one.open() {
		t.Error("open after the unusable answers of one tenant")
	}
	if one = one.failed([]uuid.UUID{{1}}, now); !one.open() {
		t.Error("closed, though the only active tenant gets nothing usable")
	}
	if _, closed := (state{Failures: ofSeveral - 1}).took(uuid.UUID{1}, now); !closed {
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
		if s.mayProbe(uuid.UUID{2}, now) {
			t.Fatal("two probes at once")
		}
		s = s.failed([]uuid.UUID{{byte(probes % 2)}}, now)
	}
	if probes < 12 || probes > 16 {
		t.Errorf("%d probes an hour", probes)
	}
}

// TestFreshProbes lets a tenant that got no unusable answer probe sooner than those that did, after
// waits that grow too.
func TestFreshProbes(t *testing.T) {
	t.Parallel()
	start := time.Now()
	now := start
	s, probes := opened(t, now), 0
	for ; now.Before(start.Add(time.Hour)); now = now.Add(time.Second) {
		tenant := uuid.UUID{200, byte(probes)}
		if !s.mayProbe(tenant, now) {
			continue
		}
		if probes++; probes == 1 && now.After(start.Add(2*firstFresh)) {
			t.Errorf("the first one leaves after %s", now.Sub(start))
		}
		s.Granted++
		s.NextAt = now.Add(s.interval())
		s = s.failed([]uuid.UUID{tenant}, now)
	}
	if probes < 55 || probes > 70 {
		t.Errorf("%d probes an hour", probes)
	}
}

// TestFalseAlarm has some accounts take no writes, and another one take them: the breaker is closed at
// once, and those accounts open it no more until a write of theirs is taken.
func TestFalseAlarm(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := opened(t, now)
	s, closed := s.took(uuid.UUID{100}, now.Add(2*time.Second))
	if closed || s.open() || len(s.Apart) != ofSeveral {
		t.Fatalf("closed %v, open %v, %d tenants are apart", closed, s.open(), len(s.Apart))
	}
	for range 2 * ofFew {
		s = s.failed([]uuid.UUID{{0}, {1}, {2}}, now)
	}
	if s.open() || s.counts() {
		t.Error("accounts that are set apart count")
	}
	for i := range ofSeveral {
		s = s.failed([]uuid.UUID{{200, byte(i)}}, now)
	}
	if !s.open() {
		t.Error("closed, though several other tenants get nothing usable")
	}
	s, _ = s.took(uuid.UUID{100}, now.Add(time.Second))
	for _, tenant := range slices.Clone(s.Apart) {
		if closed {
			t.Error("nothing is kept, though a tenant is apart")
		}
		s, closed = s.took(tenant, now)
	}
	if !closed {
		t.Errorf("kept, though all accounts take writes: %+v", s)
	}
}

// longOpen is a breaker that has been open for longer than a false alarm.
func longOpen(t *testing.T, now time.Time) state {
	t.Helper()
	return opened(t, now.Add(-2*falseAlarm))
}

// TestHalfOpen lets more sends through with each that is answered, until the breaker is closed.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := longOpen(t, now)
	tenant := uuid.UUID{100}
	var waves []int
	for closed := false; !closed; {
		wave := 0
		for s.mayProbe(tenant, now) {
			s.Granted++
			s.NextAt = now.Add(s.interval())
			wave++
		}
		for range wave {
			if s, closed = s.took(tenant, now); closed {
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

// TestHalfOpenFails tells some accounts' trouble from an outage that goes on.
func TestHalfOpenFails(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := longOpen(t, now)
	s.Granted++
	s.NextAt = now.Add(pace)
	s, _ = s.took(uuid.UUID{100}, now)
	s, _ = s.took(uuid.UUID{101}, now)
	if s = s.failed([]uuid.UUID{{0}, {1}, {2}, {3}, {102}}, now); s.Usable != 2 {
		t.Error("unusable answers to those that had them before, and one among others, open it again")
	}
	if s.mayProbe(uuid.UUID{0}, now) {
		t.Error("one that had an unusable answer comes with the others")
	}
	if s = s.failed([]uuid.UUID{{103}, {104}}, now); s.Usable != 0 || s.mayProbe(uuid.UUID{105}, now) {
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
