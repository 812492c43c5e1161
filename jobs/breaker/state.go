package breaker

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
)

const (
	// A breaker opens after several unusable answers in a row, none of which was followed by a
	// usable one, on any process. Fewer tenants than several prove less: a single account may be
	// broken, and the others must not wait for it.
	severalTenants = 3
	ofSeveral      = 12
	ofFew          = 24
	// reportFrom is from how many in a row on a process reports them.
	reportFrom = 4

	// While a breaker is open, a probe leaves after firstProbe and then after waits that double up
	// to lastProbe.
	firstProbe = 30 * time.Second
	lastProbe  = 5 * time.Minute
	// While it is half-open, a send leaves at least every pace, even if an answer to an earlier one
	// was never reported.
	pace = 10 * time.Second
	// closeAfter is how many usable answers close a half-open breaker. One that nobody asks is
	// closed too: after closeIdle if its last sends were answered usably, else after closeUnasked.
	closeAfter   = 15
	closeIdle    = time.Minute
	closeUnasked = 30 * time.Minute
)

// state is a breaker's row.
type state gen.Breaker

func (s state) open() bool { return s.OpenedAt != nil }

// interval is how long after a send the next one leaves if nothing is heard of it.
func (s state) interval() time.Duration {
	if s.Usable > 0 {
		return pace
	}
	return min(firstProbe<<min(s.Probes, 8), lastProbe)
}

// mayProbe reports whether a tenant's send may leave. A tenant whose probe failed leaves the next
// one to another, for as long again: only its own account may be broken.
func (s state) mayProbe(tenant uuid.UUID, now time.Time) bool {
	switch {
	case s.Usable > 0 && s.Granted < 2*s.Usable+1:
		return true
	case now.Before(s.NextAt):
		return false
	case s.Usable == 0 && s.Prober != nil && *s.Prober == tenant:
		return !now.Before(s.NextAt.Add(s.interval()))
	default:
		return true
	}
}

// wait is how long a send that may not leave waits. The sends that wait come back one after the
// other: each may be the next probe, and after the outage they don't come at once.
func (s state) wait(now time.Time) time.Duration {
	spread := time.Duration(rand.Int64N(int64(s.interval())))
	return max(s.NextAt.Sub(now), 0) + spread
}

// failed counts unusable answers in a row of some tenants.
func (s state) failed(failures int, tenants []uuid.UUID, now time.Time) state {
	if s.open() {
		return s.failedOpen(failures, now)
	}
	s.Failures += int32(failures)
	s.Tenants = slices.Clone(s.Tenants)
	for _, tenant := range tenants {
		if len(s.Tenants) < severalTenants && !slices.Contains(s.Tenants, tenant) {
			s.Tenants = append(s.Tenants, tenant)
		}
	}
	if s.Failures >= ofFew || s.Failures >= ofSeveral && len(s.Tenants) == severalTenants {
		s.OpenedAt, s.NextAt = &now, now.Add(firstProbe)
	}
	return s
}

func (s state) failedOpen(failures int, now time.Time) state {
	switch s.Unusable += int32(failures); {
	case s.Usable == 0 && s.Granted == 0: // the last of those that had left before
		s.Unusable = 0
		return s
	case s.Unusable <= s.Usable: // of one account, as far as one can tell
		return s
	}
	s.Probes++
	s.Granted, s.Usable, s.Unusable = 0, 0, 0
	s.NextAt = now.Add(s.interval())
	return s
}

// took counts a usable answer. closed says that the breaker is closed now.
func (s state) took() (next state, closed bool) {
	if !s.open() {
		return s, true
	}
	if s.Usable == 0 {
		s.Granted = 1
	}
	s.Usable++
	return s, s.Usable >= closeAfter
}
