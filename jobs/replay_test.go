package jobs_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// replay has a webhook resolved again, and waits for what Intrvio is told of it anew, of which it
// had been told so often.
func (c *customer) replay(webhook uuid.UUID, told int) (exported intrvio.CandidateExport) {
	c.t.Helper()
	check(c.t, db.InTenant(c.t.Context(), c.db.Pool, c.id, func(tx db.TenantTx) error {
		return intake.Replay(c.t.Context(), tx, c.client, webhook)
	}))
	seen := map[string]bool{}
	c.event(func(e intrvio.Envelope) bool {
		about, err := intrvio.Decode[intrvio.CandidateExport](e)
		if err == nil && about.WebhookID == webhook && !seen[e.ID] {
			seen[e.ID] = true
			exported = about
		}
		return len(seen) > told
	})
	return exported
}

// TestReplayedExport finds whom it did not find before, tells Intrvio so, and asks for no second
// interview: not while the first is to come, nor when it is long over.
func TestReplayedExport(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.receiveAs(ada.ID, c.job.ID, "ada@example.com", "late@example.com")
	c.attempted(1, "resolve_export", "not_found_yet")
	c.advance(10*time.Minute + 21*time.Second)
	webhook := c.newestWebhook()
	first := c.heard(webhook)
	if first.exported.Resolved || len(first.requests) != 1 {
		t.Fatalf("told %+v", first)
	}
	late := c.person("Ada", "Lovelace", "late@example.com")
	if again := c.replay(webhook, 1); !again.Resolved || again.ApplicantID != late.ID || !again.Repeat {
		t.Errorf("replayed: resolved %v as %s, repeat %v", again.Resolved, again.ApplicantID, again.Repeat)
	}
	c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
		InterviewID: "i-1", RequestID: &first.requests[0].RequestID,
		Candidate: writeback.Candidate{ID: "c"}, Note: writeback.Note{Summary: "Fine."},
	}))
	c.advance(4 * time.Hour)
	if again := c.replay(webhook, 2); !again.Repeat {
		t.Error("replayed when the interview was over it is no repeat")
	}
	var requests int
	c.scan("SELECT count(*) FROM jazzhr.interview_requests", nil, &requests)
	if requests != 1 {
		t.Errorf("%d interviews were asked for", requests)
	}
}

// TestReplayedRepeat asks for no interview for an export that was a repeat when it came, though the
// interview of the first is over by now.
func TestReplayedRepeat(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	first := c.export(ada.ID, c.job.ID)
	if repeat := c.export(ada.ID, c.job.ID); !repeat.exported.Repeat {
		t.Fatalf("told %+v", repeat)
	}
	webhook := c.newestWebhook()
	c.answer(first.requests[0].RequestID)
	c.advance(4 * time.Hour)
	if again := c.replay(webhook, 1); !again.Repeat {
		t.Error("replayed it is no repeat")
	}
	c.wantRequests(intrvio.TriggerExport)
}
