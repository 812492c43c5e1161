package intake_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/tenant"
)

var intakeSeed = flag.Uint64("intake.seed", 0, "replay this one run of TestIntake")

// TestIntake has two nodes accept webhooks of a few tenants at once: new ones, repeats, other bytes
// under the same id, and some that can't be stored. Meanwhile connections are cut and callers
// leave. What was accepted must be in the database. What is in the database must have been sent,
// and have exactly one job. What fails must fail alone.
func TestIntake(t *testing.T) {
	t.Parallel()
	for range 5 {
		seed := *intakeSeed
		if seed == 0 {
			seed = rand.Uint64()
		}
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			newRush(t, seed).run()
		})
	}
}

const (
	rushTenants  = 4
	rushIDs      = 40 // of each tenant
	rushSenders  = 24
	rushRequests = 25 // of each sender
)

// sent is a request and what became of it.
type sent struct {
	tenant   int
	received intake.Received
	bad      bool // can't be stored
	left     bool // its caller does not wait
	accepted intake.Accepted
	err      error
}

type rush struct {
	*queuetest.Fixture
	t         *testing.T
	receivers [rushTenants]tenant.Receiver
	cuts      bool
	requests  [rushSenders][rushRequests]sent
}

func newRush(t *testing.T, seed uint64) *rush {
	t.Helper()
	r := &rush{Fixture: queuetest.New(t), t: t}
	for i := range r.receivers {
		r.receivers[i] = r.Receiver(t, r.Tenant(t))
	}
	random := rand.New(rand.NewPCG(seed, 0))
	r.cuts = random.IntN(2) == 0
	for s := range r.requests {
		for n := range r.requests[s] {
			q := &r.requests[s][n]
			q.tenant = random.IntN(rushTenants)
			id, candidate := fmt.Sprint("uuid-", random.IntN(rushIDs)), fmt.Sprintf(`{"a":%d}`, max(0, random.IntN(8)-5))
			q.received = queuetest.Export(id, candidate)
			q.bad = random.IntN(20) == 0
			q.left = random.IntN(20) == 0
			if q.bad {
				q.received.UUID += "-bad"
				q.received.ExportContext = "\x00" // Postgres has no such text
			}
		}
	}
	return r
}

func (r *rush) run() {
	nodes := []*intake.Intake{r.Intake(), r.Intake()}
	var senders, cutter sync.WaitGroup
	done := make(chan struct{})
	for s := range r.requests {
		senders.Go(func() {
			for n := range r.requests[s] {
				q := &r.requests[s][n]
				ctx, cancel := context.WithCancel(r.t.Context())
				if q.left {
					go cancel()
				}
				q.accepted, q.err = nodes[(s+n)%2].Accept(ctx, r.receivers[q.tenant], q.received)
				cancel()
			}
		})
	}
	if r.cuts {
		cutter.Go(func() { r.cut(done) })
	}
	senders.Wait()
	close(done)
	cutter.Wait()
	r.check()
}

// cut ends sessions that are in the middle of a transaction until done.
func (r *rush) cut(done chan struct{}) {
	for range 200 {
		select {
		case <-done:
			return
		default:
		}
		_, err := r.Pool.Exec(r.t.Context(), `
			SELECT count(pg_terminate_backend(pid)) FROM (
				SELECT pid FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()
					AND backend_type = 'client backend' AND xact_start IS NOT NULL
				LIMIT 1
			) s`)
		if err != nil && r.t.Context().Err() != nil {
			return
		}
	}
}

// kept is what tells a row of webhooks from others.
type kept struct {
	Tenant   uuid.UUID
	UUID     string
	Conflict bool // with other bytes that came before
	Body     string
}

// row is a row of webhooks.
type row struct {
	Kept  kept
	State string
	Jobs  int
}

func (r *rush) rows() map[kept]row {
	rows := map[kept]row{}
	for _, found := range queuetest.All[row](r.t, r.Fixture, `
		SELECT jsonb_build_object(
			'state', state,
			'jobs', (SELECT count(*) FROM jazzhr.river_job j WHERE j.args ->> 'webhook_id' = w.webhook_id::text),
			'kept', jsonb_build_object(
				'tenant', tenant_id,
				'body', convert_from(body, 'UTF8'),
				'conflict', dedup_key LIKE 'conflict:%',
				'uuid', split_part(replace(dedup_key, 'conflict:', ''), ':', 2)
			)
		) FROM jazzhr.webhooks w`) {
		rows[found.Kept] = found
	}
	return rows
}

func (r *rush) check() {
	rows, sent, news := r.rows(), map[kept]bool{}, map[kept]int{}
	for _, requests := range r.requests {
		for _, q := range requests {
			k := kept{
				r.receivers[q.tenant].TenantID, q.received.UUID, q.accepted == intake.AcceptedConflict,
				string(q.received.Body),
			}
			r.checkAnswer(q, k, rows)
			if q.err == nil && q.accepted == intake.AcceptedNew {
				news[kept{Tenant: k.Tenant, UUID: k.UUID}]++
			}
			sent[kept{Tenant: k.Tenant, UUID: k.UUID, Body: k.Body}] = true
		}
	}
	for k, n := range news {
		if n > 1 {
			r.t.Errorf("%s was new %d times", k.UUID, n)
		}
	}
	for k, row := range rows {
		if want := map[string]int{"pending": 1, "attention": 0}[row.State]; row.Jobs != want {
			r.t.Errorf("%s, %s, has %d jobs", k.UUID, row.State, row.Jobs)
		}
		k.Conflict = false
		if !sent[k] {
			r.t.Errorf("%s was never sent", k.UUID)
		}
	}
}

// checkAnswer compares what a caller was told with what is stored.
func (r *rush) checkAnswer(q sent, k kept, rows map[kept]row) {
	switch _, there := rows[k]; {
	case q.err == nil && q.bad:
		r.t.Errorf("%s was accepted as %s", k.UUID, q.accepted)
	case q.err == nil && !there:
		r.t.Errorf("%s was accepted as %s, and is not there", k.UUID, q.accepted)
	case q.err == nil, q.bad, r.cuts:
	case !q.left || !errors.Is(q.err, context.Canceled):
		r.t.Errorf("%s failed: %v", k.UUID, q.err)
	}
}
