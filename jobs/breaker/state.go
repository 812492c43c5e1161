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
	// to lastProbe. A tenant that got no unusable answer yet tells more, so its probe leaves after
	// firstFresh, and then after waits that double up to lastFresh.
	firstProbe = 30 * time.Second
	lastProbe  = 5 * time.Minute
	firstFresh = time.Second
	lastFresh  = time.Minute
	// falseAlarm is how soon after it opened a usable answer shows that JazzHR was not down: the
	// accounts of some tenants were. Those are set apart, up to mostApart of them.
	falseAlarm = time.Minute
	mostApart  = 500
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

// counts reports whether unusable answers were counted and not followed by a usable one.
func (s state) counts() bool { return s.open() || s.Failures > 0 }

// hasFailed reports whether an unusable answer to a tenant may be about its own account only.
func (s state) hasFailed(tenant uuid.UUID) bool {
	return slices.Contains(s.Tenants, tenant) || slices.Contains(s.Apart, tenant)
}

// interval is how long after a send the next one leaves if nothing is heard of it.
func (s state) interval() time.Duration {
	if s.Usable > 0 {
		return pace
	}
	return min(firstProbe<<min(s.Probes, 8), lastProbe)
}

// fresh is interval for a tenant that got no unusable answer yet.
func (s state) fresh() time.Duration {
	if s.Usable > 0 {
		return pace
	}
	return min(firstFresh<<min(s.Probes, 8), lastFresh)
}

// nextOf is when a tenant's next send may leave.
func (s state) nextOf(tenant uuid.UUID) time.Time {
	if s.hasFailed(tenant) {
		return s.NextAt
	}
	return s.NextAt.Add(s.fresh() - s.interval())
}

// mayProbe reports whether a tenant's send may leave. A tenant whose probe failed leaves the next
// one to another, for as long again: only its own account may be broken.
func (s state) mayProbe(tenant uuid.UUID, now time.Time) bool {
	switch {
	case s.Usable > 0 && s.Granted < 2*s.Usable+1 && !s.hasFailed(tenant):
		return true
	case now.Before(s.nextOf(tenant)):
		return false
	case s.Usable == 0 && s.Prober != nil && *s.Prober == tenant:
		return !now.Before(s.NextAt.Add(s.interval()))
	default:
		return true
	}
}

// wait is how long a tenant's send that may not leave waits. The sends that wait come back one after
// the other: each may be the next probe, and after the outage they don't come at once.
func (s state) wait(tenant uuid.UUID, now time.Time) time.Duration {
	over := s.interval()
	if !s.hasFailed(tenant) && s.OpenedAt.After(now.Add(-falseAlarm)) {
		over = s.fresh()
	}
	return max(s.nextOf(tenant).Sub(now), 0) + time.Duration(rand.Int64N(int64(over)))
}

// failed counts an unusable answer to each of the tenants.
func (s state) failed(tenants []uuid.UUID, now time.Time) state {
	s.Tenants = slices.Clone(s.Tenants)
	for _, tenant := range tenants {
		known := s.hasFailed(tenant)
		if !known && len(s.Tenants) < mostApart {
			s.Tenants = append(s.Tenants, tenant)
		}
		switch {
		case s.open():
			s = s.failedOpen(known, now)
		case !slices.Contains(s.Apart, tenant):
			s.Failures++
			if s.Failures >= ofFew || s.Failures >= ofSeveral && len(s.Tenants) >= severalTenants {
				s.OpenedAt, s.NextAt = &now, now.Add(firstProbe)
			}
		}
	}
	return s
}

// failedOpen counts an unusable answer while the breaker is open. known says that the tenant had one
// before.
func (s state) failedOpen(known bool, now time.Time) state {
	switch {
	case s.Usable == 0 && s.Granted == 0: // one of those that had left before
		return s
	case s.Usable > 0 && known: // of its own account, as far as one can tell
		return s
	}
	if s.Unusable++; s.Unusable <= s.Usable {
		return s
	}
	s.Probes++
	s.Granted, s.Usable, s.Unusable = 0, 0, 0
	s.NextAt = now.Add(s.interval())
	return s
}

// took counts a usable answer to a tenant. closed says that nothing is left to be kept.
func (s state) took(tenant uuid.UUID, now time.Time) (next state, closed bool) {
	is := func(other uuid.UUID) bool { return other == tenant }
	s.Tenants = slices.DeleteFunc(slices.Clone(s.Tenants), is)
	s.Apart = slices.DeleteFunc(slices.Clone(s.Apart), is)
	switch {
	case !s.open(): // whatever was counted is followed by a usable one now
		return s.rest(s.Apart, now)
	case s.Usable == 0 && s.OpenedAt.After(now.Add(-falseAlarm)):
		apart := append(s.Apart, s.Tenants...)
		return s.rest(apart[:min(len(apart), mostApart)], now)
	case s.Usable == 0:
		s.Granted = 1
	}
	if s.Usable++; s.Usable >= closeAfter {
		return s.rest(s.Apart, now)
	}
	return s, false
}

// rest is what is kept of a breaker that is not open any more: the tenants that are set apart.
func (s state) rest(apart []uuid.UUID, now time.Time) (next state, closed bool) {
	return state{Kind: s.Kind, Apart: apart, Tenants: []uuid.UUID{}, NextAt: now}, len(apart) == 0
}
