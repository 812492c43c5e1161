package jobs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
)

// simulator is a JazzHR on the run's clock. Each POST passes by the run before it is met and after
// it was answered.
func (tr *trial) simulator() *jazzhrtest.Server {
	sim := jazzhrtest.New(jazzhrtest.Options{CallsPerMinute: -1, Clock: tr.clockNow, Seed: tr.seed})
	inner := sim.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			tr.flying.Add(1)
			defer tr.flying.Add(-1)
			if !tr.calm.Load() {
				nth := tr.posts.Add(1)
				tr.around(nth, "come")
				defer tr.around(nth, "applied") // the answer leaves when this returns
			}
		}
		inner.ServeHTTP(w, r)
	}))
	tr.t.Cleanup(func() {
		sim.Close() // first, for the server waits for what hangs
		server.Close()
	})
	for _, b := range atPost() {
		tr.atPost(sim, b)
	}
	sim.Fault(jazzhrtest.Rule{Method: http.MethodGet, Fault: jazzhrtest.Refuse(503), When: func(jazzhrtest.Call) bool { return tr.strikesNext(failedRead) }})
	return &jazzhrtest.Server{Sim: sim, URL: server.URL, BaseURL: server.URL + "/v1"}
}

// atPost has a boundary struck at the POSTs that chance draws for it.
func (tr *trial) atPost(sim *jazzhrtest.Sim, b boundary) {
	fault := map[boundary]jazzhrtest.Fault{
		neverClosed:   {Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose},
		neverTimeout:  jazzhrtest.TimeoutBefore(),
		never503:      jazzhrtest.Refuse(503),
		tooMany:       jazzhrtest.RateLimit(0),
		lostClosed:    jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose),
		lost500:       jazzhrtest.LoseAnswer(jazzhrtest.AnswerError),
		lostHTML:      jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML),
		lostTimeout:   jazzhrtest.LoseAnswer(jazzhrtest.AnswerHang),
		lostTruncated: jazzhrtest.LoseAnswer(jazzhrtest.AnswerTruncated),
		lostCut:       jazzhrtest.LoseAnswer(jazzhrtest.AnswerCut),
		lostShape:     jazzhrtest.LoseAnswer(jazzhrtest.AnswerOtherShape),
		lateApply:     jazzhrtest.ApplyLate(jazzhrtest.AnswerClose, 0),
		shownLate:     jazzhrtest.ShowLate(time.Duration(bound * float64(quietPeriod))),
		stoppedSender: jazzhrtest.Before(tr.holdBack),
	}[b]
	var injected *jazzhrtest.Injected
	injected = sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, Fault: fault, When: func(c jazzhrtest.Call) bool {
		at := tr.name(c)
		if tr.plan[b] == 0 || tr.calm.Load() || !tr.strikesAt(b, fmt.Sprintf("%s #%d", at, tr.nth(string(b)+at))) {
			return false
		}
		tr.struck(b, at)
		if b == lateApply {
			tr.after(tr.lateness(at), "applied: "+at, func() { injected.Release() })
		}
		return true
	}})
}

// holdBack is a POST whose bytes come late: its sender was stopped between the check of its
// deadline and the write.
func (tr *trial) holdBack(_ context.Context, c jazzhrtest.Call) {
	at, let := tr.name(c), make(chan struct{})
	tr.after(tr.lateness(at), "arrived: "+at, func() {
		tr.flying.Add(1) // before it goes on: the run must not let time pass meanwhile
		close(let)
	})
	tr.flying.Add(-1)
	select {
	case <-let:
	case <-tr.t.Context().Done(): // the run has failed
	}
}

// lateness is how late something comes: within what the account's lag leaves of the bound.
func (tr *trial) lateness(at string) time.Duration {
	share := (bound - tr.lag()) * (0.3 + 0.7*tr.lot("lateness "+at).Float64())
	return time.Duration(share * float64(quietPeriod))
}

// lag is the share of the quiet period by which reads lag writes, if they do: in a run that strikes
// so, every write.
func (tr *trial) lag() float64 {
	if tr.plan[laggingRead] == 0 {
		return 0.2
	}
	return []float64{0.2, 0.5, 0.9}[tr.lot("lag").IntN(3)]
}

// name names a POST by what it is to make, the same in every replay.
func (tr *trial) name(c jazzhrtest.Call) string {
	account := "?"
	if c.Account != nil {
		account = c.Account.ID()
	}
	switch c.Endpoint {
	case jazzhrtest.EndpointCreateApplicant:
		return account + " create " + strings.ToLower(c.Field("email"))
	case jazzhrtest.EndpointLinkApplicant:
		person, _ := c.Account.Applicant(c.Field("applicant_id"))
		return account + " link " + person.FirstName + " " + person.Email
	default:
		return account + " note " + tr.noteNamed(c.Field("contents"))
	}
}

// around strikes at the nth POST of the run, when it has come or once it was applied.
func (tr *trial) around(nth int64, when string) {
	for _, b := range aroundPost() {
		if tr.plan[b] == 0 || tr.count(b) >= mostStrikes {
			continue
		}
		moment := fmt.Sprintf("POST %d", nth)
		draw := tr.lot("around " + string(b) + moment)
		if draw.Float64() >= tr.plan[b]/4 || when != []string{"come", "applied"}[draw.IntN(2)] {
			continue
		}
		tr.strike(b, moment+" "+when)
	}
}

func (tr *trial) strike(b boundary, moment string) {
	switch b { //nolint:exhaustive // the others are not around a POST
	case runTwice:
		tr.background(`INSERT INTO jazzhr.river_job (kind, args, queue, max_attempts)
			SELECT kind, args, queue, 25 FROM jazzhr.river_job WHERE state = 'running' AND queue = $1`, queue.QueueWrites)
		tr.background(`SELECT pg_notify('jazzhr.river_insert', json_build_object('queue', $1::text)::text)`, queue.QueueWrites)
	case jobDeleted:
		tr.background(`DELETE FROM jazzhr.river_job WHERE queue = $1 AND random() < 0.7`, queue.QueueWrites)
	case mergedAway:
		if !tr.merge(moment) {
			return
		}
	case cutBackends:
		tr.background(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	case crashed:
		if tr.nth("crash") > 1 {
			return
		}
		tr.calm.Store(true) // for the strikes that need a database
		if err := tr.server.Restart(context.Background()); err != nil {
			tr.log.Error("restart", "error", err.Error())
		}
		tr.calm.Store(false)
	case killed:
		if tr.nth("kill") > 1 {
			return
		}
		tr.allNodes()[0].kill()
	case exhausted:
		tr.exhaust()
	case clockStep:
		tr.step(time.Duration(tr.lot("step "+moment).IntN(121)-60) * time.Minute)
	}
	tr.struck(b, moment)
}

// exhaust takes every connection of the living nodes' workers for a while.
func (tr *trial) exhaust() {
	for _, n := range tr.allNodes() {
		if n.dead.Load() {
			continue
		}
		taken := n.workers.AcquireAllIdle(context.Background())
		for range int(n.workers.Config().MaxConns) - len(taken) {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			conn, err := n.workers.Acquire(ctx)
			cancel()
			if err != nil {
				break
			}
			taken = append(taken, conn)
		}
		giveBack := sync.OnceFunc(func() {
			for _, conn := range taken {
				conn.Release()
			}
		})
		tr.t.Cleanup(giveBack) // a run that fails ends before
		tr.after(200*time.Millisecond, "connections given back", giveBack)
	}
}
