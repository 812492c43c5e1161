package main

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

const (
	// tortureStep is how much time passes at once, where nobody could wait for it.
	tortureStep = 15 * time.Minute
	// tortureOutage is how long JazzHR is out, once in a run.
	tortureOutage = time.Hour
	// tortureCalm is longer than any request takes, and than JazzHR takes to apply one late.
	tortureCalm = 2 * time.Second
)

// differ makes each account one JazzHR that could be. The limit of calls stays: what it costs is time.
func (w *torture) differ() {
	all := jazzhrtest.Personalities()
	for i, c := range w.customers {
		c.account.Configure(func(s *jazzhrtest.Settings) {
			calls, header := s.CallsPerMinute, s.RetryAfter
			all[(int(*tortureSeed)*len(w.customers)+i)%len(all)].Configure(s, jazzhrtest.Moment{Now: time.Now(), Lag: tortureLag})
			s.CallsPerMinute, s.RetryAfter = calls, header
		})
	}
}

// outage has JazzHR answer nothing usable for an hour, each account in its own way. Processes are
// killed meanwhile.
func (w *torture) outage(ctx context.Context, dice *rand.Rand) {
	set := func(until time.Time) {
		for _, c := range w.customers {
			c.account.Configure(func(s *jazzhrtest.Settings) { s.Outage.Until, s.Outage.Of = until, jazzhrtest.OutageOfAll })
		}
	}
	set(time.Now().Add(tortureOutage)) // which is longer than this takes
	defer set(time.Time{})
	for left := tortureOutage; left > 0; left -= tortureStep {
		wait(ctx, 2*time.Second)
		w.pass(tortureStep)
		w.slots[dice.IntN(len(w.slots))].kill()
	}
	w.count("outages of JazzHR, of an hour")
}

// pass lets time pass in the database. Every process is stopped meanwhile, for long enough that none
// has a request on its way: it would find that the request took as long.
func (w *torture) pass(d time.Duration) {
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for _, s := range w.slots {
		var p *process
		err := poll(ctx, func() bool {
			p = s.current()
			return p != nil && p.command.Process.Signal(syscall.SIGSTOP) == nil
		})
		if err != nil {
			w.t.Errorf("no process of %s could be stopped: %v", s.command, err)
			return
		}
		defer func() { _ = p.command.Process.Signal(syscall.SIGCONT) }()
	}
	wait(ctx, tortureCalm)
	w.passed += d
	if err := dbtest.SetClock(ctx, w.database.Pool, w.passed); err != nil {
		w.t.Error(err)
	}
}
