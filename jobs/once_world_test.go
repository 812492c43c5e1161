package jobs_test

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

var (
	worldSeed     = flag.Uint64("world.seed", 0, "replay the run of this seed alone")
	worldSeeds    = flag.Uint64("world.seeds", 2, "how many seeds to run")
	worldFrom     = flag.Uint64("world.from", 1, "the first of them")
	worldAt       = flag.String("world.at", "", "run only seeds that strike at this boundary")
	worldFor      = flag.Duration("world.for", 0, "run seeds for so long, however many that makes")
	worldParallel = flag.Int("world.parallel", 6, "how many runs go on at once: most of a run is waiting")
)

// TestWorld runs the service in worlds that strike at it, one a seed, and holds that nothing is
// doubled or lost in any.
func TestWorld(t *testing.T) {
	t.Parallel()
	all := &tally{struck: map[boundary]int{}, met: map[jazzhrtest.Pair]bool{}, started: time.Now()}
	var next uint64
	var mu sync.Mutex
	take := func() (seed uint64, more bool) {
		mu.Lock()
		defer mu.Unlock()
		for next++; next <= wanted() && !strikesAt(*worldFrom+next-1, boundary(*worldAt)); next++ {
		}
		switch {
		case t.Failed():
			return 0, false
		case *worldSeed != 0:
			return *worldSeed, next == 1
		case *worldFor != 0:
			return *worldFrom + next - 1, time.Since(all.started) < *worldFor
		}
		return *worldFrom + next - 1, next <= wanted()
	}
	var runs sync.WaitGroup
	for range min(uint64(*worldParallel), wanted()) {
		on := &stage{t: t, db: dbtest.New(t)}
		runs.Go(func() {
			for {
				seed, more := take()
				if !more {
					return
				}
				t.Run(fmt.Sprintf("seed=%d", seed), func(run *testing.T) { runSeed(run, seed, on, t.Failed, all) })
			}
		})
	}
	runs.Wait()
	fmt.Fprint(os.Stderr, all)
	for _, b := range boundaries() {
		if all.seeds >= manySeeds && all.struck[b] == 0 {
			t.Errorf("never struck: %s", b)
		}
	}
	if *worldAt == "" && all.accounts >= len(jazzhrtest.Personalities()) {
		for pair := range jazzhrtest.AllPairs() {
			if !all.met[pair] {
				t.Errorf("no account had %s", pair)
			}
		}
	}
}

// strikesAt reports whether a seed's run is to strike at a boundary; at none, any does.
func strikesAt(seed uint64, b boundary) bool {
	return b == "" || drawPlan((&trial{seed: seed}).lot("plan"))[b] > 0
}

// wanted is how many seeds are to be run at the most.
func wanted() uint64 {
	switch {
	case *worldSeed != 0:
		return 1
	case *worldFor != 0:
		return math.MaxUint64
	}
	return *worldSeeds
}

// manySeeds is how many come to every boundary.
const manySeeds = 400

func runSeed(t *testing.T, seed uint64, on *stage, over func() bool, all *tally) {
	t.Helper()
	tr := newTrial(t, seed, on, over)
	defer all.add(tr)
	tr.begin()
	tr.tell()
	tr.drive()
	tr.decided = tr.ask()
	tr.pollAtEnd()
	for _, n := range tr.allNodes() {
		n.revive()
		tr.stop(n.runner)
	}
	if tr.count(cutBackends) > 0 {
		tr.stage.reopen()
	}
	tr.found = tr.examine()
	for _, finding := range tr.found.all() {
		t.Error(finding)
	}
	if t.Failed() {
		t.Log(tr.story())
	}
}

// tally counts over all runs.
type tally struct {
	mu                              sync.Mutex
	started                         time.Time
	seeds, accounts                 int
	wishes, writes, posts           int
	decided, doubled, lost, strikes int
	struck                          map[boundary]int
	met                             map[jazzhrtest.Pair]bool // of values of one account
	findings                        []string
}

func (a *tally) add(tr *trial) {
	a.mu.Lock()
	defer a.mu.Unlock()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	a.seeds++
	a.writes += len(tr.sim.Writes())
	a.posts += int(tr.posts.Load())
	a.decided += tr.decided
	a.accounts += len(tr.customers)
	for _, s := range tr.customers {
		a.wishes += len(s.wishes)
		for _, pair := range s.personality.Pairs() {
			a.met[pair] = true
		}
	}
	if tr.found != nil {
		a.doubled += len(tr.found.doubled)
		a.lost += len(tr.found.lost)
		for _, finding := range tr.found.all() {
			a.findings = append(a.findings, fmt.Sprintf("seed %d: %s", tr.seed, finding))
		}
	}
	for b, n := range tr.strikes {
		a.struck[b] += n
		a.strikes += n
	}
}

func (a *tally) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "world: %d seeds in %s: %d accounts, %d writebacks, %d writes by %d POSTs, %d strikes, %d decisions of people\n",
		a.seeds, time.Since(a.started).Round(time.Second), a.accounts, a.wishes, a.writes, a.posts, a.strikes, a.decided)
	for _, at := range slices.Sorted(maps.Keys(a.struck)) {
		fmt.Fprintf(&b, "%8d  %s\n", a.struck[at], at)
	}
	fmt.Fprintf(&b, "%d of %d pairs of what is not known of JazzHR\n%d doubled, %d lost\n", len(a.met), len(jazzhrtest.AllPairs()), a.doubled, a.lost)
	for _, finding := range a.findings { // here too, as each stands far above, before its seed's story
		fmt.Fprintln(&b, finding)
	}
	return b.String()
}
