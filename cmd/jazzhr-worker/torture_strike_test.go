package main

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"github.com/intrvio/jazzhr-worker/queue"
)

// slot keeps one process of a command running: when one is killed, another is started.
type slot struct {
	*torture
	command string

	mu      sync.Mutex
	process *process  // nil while none listens
	killed  time.Time // when it was killed, if it was
}

// current is the slot's process, or nil.
func (s *slot) current() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

func (s *slot) set(p *process) (killed time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	killed, s.killed, s.process = s.killed, time.Time{}, p
	return killed
}

// keep runs processes, one after another, until ctx ends. One that ends by itself is a fault of the
// program.
func (s *slot) keep(ctx context.Context) {
	for ctx.Err() == nil {
		p, err := s.launch(s.command)
		if err != nil { // there is no database just now
			s.count("starts that failed")
			wait(ctx, 250*time.Millisecond)
			continue
		}
		s.set(p)
		select {
		case <-ctx.Done():
			s.set(nil)
			_ = p.command.Process.Signal(syscall.SIGCONT)
			p.kill()
			if err := <-p.ended; err == nil {
				s.t.Errorf("%s ended well, though it was killed", s.command)
			}
		case err := <-p.ended:
			if killed := s.set(nil); killed.IsZero() {
				s.t.Errorf("%s ended by itself: %v\n%s", s.command, err, s.logs)
			} else {
				s.leave(ctx, p.node, killed)
			}
		}
	}
}

// kill ends the slot's process as a crash would.
func (s *slot) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || !s.killed.IsZero() {
		return
	}
	s.killed = time.Now()
	s.process.kill()
	s.count("kill -9 of " + s.command)
}

// stop stops the slot's process for a while.
func (s *slot) stop(ctx context.Context, resumed *sync.WaitGroup, d time.Duration, name string) {
	p := s.current()
	if p == nil || p.command.Process.Signal(syscall.SIGSTOP) != nil {
		return
	}
	s.count(name + s.command)
	resumed.Go(func() {
		wait(ctx, d)
		_ = p.command.Process.Signal(syscall.SIGCONT) // one that was killed meanwhile is no matter
	})
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (w *torture) count(strike string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.strikes[strike]++
}

// strike strikes every second or two until ctx ends: a process is killed, or stopped for a moment,
// or for so long that the others take it for dead and it wakes as a zombie; Postgres crashes. Once,
// halfway through, JazzHR is out.
func (w *torture) strike(ctx context.Context) {
	dice := rand.New(rand.NewPCG(*tortureSeed, 0))
	var resumed sync.WaitGroup
	defer resumed.Wait()
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(dice.Int64N(int64(high-low))) }
	kill := (*slot).kill
	pause := func(s *slot) {
		s.stop(ctx, &resumed, between(100*time.Millisecond, 2*time.Second), "short SIGSTOP of ")
	}
	zombie := func(s *slot) {
		s.stop(ctx, &resumed, queue.NodeTimeout+between(time.Second, 4*time.Second), "SIGSTOP beyond the node timeout of ")
	}
	crash := func(*slot) {
		w.server.StopImmediate()
		wait(ctx, between(0, time.Second))
		if err := w.server.Restart(w.t.Context()); err != nil {
			w.t.Errorf("Postgres did not come back: %v", err)
		}
		w.count("crashes of Postgres")
	}
	// One of each comes first, so that a short run has met them all.
	deck := []func(*slot){kill, pause, zombie, crash}
	for wait(ctx, between(time.Second, 2*time.Second)); ctx.Err() == nil; wait(ctx, between(time.Second, 2*time.Second)) {
		if w.isHalfway() {
			resumed.Wait()
			w.outage(ctx, dice)
		}
		deck[0](w.slots[dice.IntN(len(w.slots))])
		if deck = deck[1:]; len(deck) == 0 {
			deck = append(deck, crash, zombie, zombie)
			for range 8 {
				deck = append(deck, kill, pause)
			}
			dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
	}
}

// isHalfway reports, once, that half of the writebacks were accepted.
func (w *torture) isHalfway() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	is := !w.halfway && len(w.accepted) >= cmp.Or(*tortureWritebacks, 2*tortureSmall)/2
	w.halfway = w.halfway || is
	return is
}

// leave notes which jobs a killed process has left. While Postgres is away too they can't be listed.
func (w *torture) leave(ctx context.Context, node string, killed time.Time) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	rows, err := w.database.Pool.Query(ctx, `SELECT id FROM jazzhr.river_job
		WHERE state = 'running' AND queue <> 'tick' AND attempted_by[array_upper(attempted_by, 1)] = $1`, node)
	if err != nil {
		return
	}
	defer rows.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for rows.Next() {
		var id int64
		if rows.Scan(&id) == nil {
			w.left[id] = killed
		}
	}
}

// watchTakeovers measures how long jobs that killed processes left take until another process has
// them.
func (w *torture) watchTakeovers(ctx context.Context) {
	_ = poll(ctx, func() bool {
		w.mu.Lock()
		ids := make([]int64, 0, len(w.left))
		for id := range w.left {
			ids = append(ids, id)
		}
		w.mu.Unlock()
		rows, err := w.database.Pool.Query(ctx, "SELECT id, attempted_at FROM jazzhr.river_job WHERE id = ANY($1)", ids)
		if err != nil {
			return false
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var taken time.Time
			if rows.Scan(&id, &taken) != nil {
				return false
			}
			w.mu.Lock()
			if killed := w.left[id]; taken.After(killed) {
				w.takeovers = append(w.takeovers, taken.Sub(killed))
				delete(w.left, id)
			}
			w.mu.Unlock()
		}
		return false
	})
}
