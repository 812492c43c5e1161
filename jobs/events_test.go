package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

// announce makes events of the customer's.
func (c *customer) announce(n int) {
	c.t.Helper()
	for i := range n {
		c.inTenant(func(tx db.TenantTx) error {
			return outbox.Announce(c.t.Context(), tx, c.client, outbox.Event{Type: intrvio.ConnectionRestored, Data: intrvio.Connection{State: fmt.Sprint(i)}})
		})
	}
}

// pulled is what the pull API gives after a sequence.
func (c *customer) pulled(after int64) (events []intrvio.Envelope, err error) {
	c.t.Helper()
	c.inTenant(func(tx db.TenantTx) error {
		events, err = outbox.After(c.t.Context(), tx, after, 100)
		return nil
	})
	return events, err
}

// states counts the customer's events by state.
func (c *customer) states() (pending, delivered, failed int) {
	c.t.Helper()
	c.scan(`SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'delivered'),
		count(*) FILTER (WHERE state = 'failed') FROM jazzhr.events WHERE tenant_id = $1`, []any{c.id}, &pending, &delivered, &failed)
	return pending, delivered, failed
}

// TestReceiverDownThenUp delivers, once each and signed rightly, what came about while the receiver
// was down.
func TestReceiverDownThenUp(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.backend.Fail(intrviotest.Fault{})
	c.announce(3)
	c.attempted(3, "deliver_event", "not_delivered")
	// JazzHR's work does not wait for it.
	c.enqueue(revision("i-1", 1, c.job.ID))
	c.attempted(1, queue.StepWriteNotes, "done")
	c.once("ada@example.com", 1)
	c.attempted(4, "deliver_event", "not_delivered")
	c.backend.Clear()
	c.advance(15 * time.Second)
	c.attempted(4, "deliver_event", "delivered")
	events := c.backend.Events()
	seen := map[int64]bool{}
	for _, e := range events {
		seen[e.Sequence] = true
		if n := c.backend.Deliveries(e.ID); n != 1 {
			t.Errorf("event %d came %d times", e.Sequence, n)
		}
	}
	if len(seen) != 4 || c.backend.Refused() != 0 {
		t.Errorf("%d events, %d refused", len(seen), c.backend.Refused())
	}
}

// TestAnswerOfTheReceiverLost delivers again under the same id.
func TestAnswerOfTheReceiverLost(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.backend.Fail(intrviotest.Fault{Mode: intrviotest.Drop, Stored: true, Times: 1})
	c.announce(1)
	c.attempted(1, "deliver_event", "not_delivered")
	c.advance(15 * time.Second)
	c.attempted(1, "deliver_event", "delivered")
	if events := c.backend.Events(); len(events) != 1 || c.backend.Deliveries(events[0].ID) != 2 {
		t.Errorf("events %v", events)
	}
}

// TestReceiverDownForFiveDays gives an event up; it can be pulled until it expires, and be
// delivered again on request.
func TestReceiverDownForFiveDays(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.backend.Fail(intrviotest.Fault{})
	c.announce(2)
	c.attempted(2, "deliver_event", "not_delivered")
	c.advance(5*24*time.Hour + time.Second)
	c.attempted(4, "deliver_event", "not_delivered")
	if pending, delivered, failed := c.states(); failed != 2 {
		t.Fatalf("%d pending, %d delivered, %d failed", pending, delivered, failed)
	}
	if events, err := c.pulled(0); err != nil || len(events) != 2 || events[0].Sequence != 1 || events[1].Sequence != 2 {
		t.Errorf("pulled %v (%v)", events, err)
	}
	c.backend.Clear()
	n, err := outbox.Redeliver(t.Context(), c.db.Pool, c.id, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if check(t, err); n != 2 {
		t.Errorf("%d redelivered", n)
	}
	c.attempted(2, "deliver_event", "delivered")
}

// TestDeliveryJobGone deletes the jobs of events that wait.
func TestDeliveryJobGone(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	check(t, c.client.QueuePause(t.Context(), queue.QueueEvents, nil))
	c.announce(1)
	c.exec(`DELETE FROM jazzhr.river_job WHERE kind = 'deliver_event'`)
	check(t, c.client.QueueResume(t.Context(), queue.QueueEvents, nil))
	c.sweep()
	c.attempted(1, "deliver_event", "delivered")
}

// TestHangingReceiver holds every delivery worker, and no other.
func TestHangingReceiver(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme")
	c.backend.Fail(intrviotest.Fault{Mode: intrviotest.Hang})
	c.announce(12)
	c.writeback("i-1", "Ada", "Lovelace", "ada@example.com")
	c.attempted(1, queue.StepWriteNotes, "done")
	if n := c.journal.count(c.attempts("deliver_event")); n != 0 {
		t.Errorf("%d deliveries ended before", n)
	}
	c.backend.Clear()
}

// TestPurge empties and deletes what has been kept long enough, and no more.
func TestPurge(t *testing.T) {
	t.Parallel()
	c := newWorld(t, withLevel(slog.LevelDebug)).customer("acme").verified() // a purge that went well is told at debug alone
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.export(ada.ID, c.job.ID)
	c.sim.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointCreateApplicant, Fault: jazzhrtest.Refuse(502)})
	c.finish(queue.StateDone, c.writeback("i-1", "Ada", "Lovelace", "ada@example.com"))
	stuck := c.writeback("i-2", "Alan", "Turing", "alan@example.com")
	c.told(intrvio.WritebackAttention, stuck)
	c.purge(1)
	kept := func() (bodies, transcripts, hashes, events int) {
		c.scan(`SELECT (SELECT count(*) FROM jazzhr.webhooks WHERE body IS NOT NULL), (SELECT count(*) FROM jazzhr.writebacks WHERE transcript IS NOT NULL),
			(SELECT count(*) FROM jazzhr.webhooks WHERE body_hash IS NOT NULL) + (SELECT count(*) FROM jazzhr.writebacks WHERE content_hash IS NOT NULL),
			(SELECT count(*) FROM jazzhr.events)`, nil, &bodies, &transcripts, &hashes, &events)
		return
	}
	bodies, transcripts, hashes, events := kept()
	if bodies != 1 || transcripts != 2 || hashes != 3 || events == 0 {
		t.Fatalf("at once: %d bodies, %d transcripts, %d hashes, %d events", bodies, transcripts, hashes, events)
	}
	c.advance(29 * 24 * time.Hour)
	c.purge(2)
	if bodies, transcripts, _, _ := kept(); bodies != 1 || transcripts != 2 {
		t.Errorf("after 29 days: %d bodies, %d transcripts", bodies, transcripts)
	}
	c.advance(25 * time.Hour)
	c.purge(3)
	bodies, transcripts, hashes, events = kept()
	if bodies != 0 || transcripts != 1 || hashes != 3 || events != 0 {
		t.Errorf("after 30 days: %d bodies, %d transcripts (the one not written stays), %d hashes, %d events", bodies, transcripts, hashes, events)
	}
	var expired *outbox.ExpiredError
	if _, err := c.pulled(0); !errors.As(err, &expired) {
		t.Errorf("pulling what has expired: %v", err)
	}
}

// purge runs a purge, the nth of the world's besides the one at its start, and waits for its end.
func (w *world) purge(nth int) {
	w.t.Helper()
	w.insert(queue.Purge{})
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	check(w.t, w.journal.wait(ctx, nth+1, func(e entry) bool { return e.Message == "job" && e.Kind == "purge" && e.Outcome == "ok" }))
}
