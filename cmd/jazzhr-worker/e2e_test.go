package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// TestEndToEnd walks a customer's whole path through the real program.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	p := d.start("serve")
	webhookSecret := p.connect()
	d.event(ofType(intrvio.ConnectionVerified))

	ada := d.account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"}, d.job.ID)
	if _, err := d.account.Export(t.Context(), ada.ID, d.job.ID); err != nil {
		t.Fatal(err)
	}
	event := d.event(ofType(intrvio.InterviewRequested))
	request, err := intrvio.Decode[intrvio.InterviewRequest](event)
	if err != nil {
		t.Fatal(err)
	}
	if request.ApplicantID != ada.ID || request.JobID != d.job.ID {
		t.Fatalf("request of applicant %q and job %q, want %q and %q", request.ApplicantID, request.JobID, ada.ID, d.job.ID)
	}

	const transcript = "Q: What is an engine?\nA: It weaves algebraic patterns."
	var accepted struct {
		ID    uuid.UUID
		State string
	}
	p.call("POST", d.path("/writebacks"), map[string]any{
		"interview_id": "i-1", "request_id": request.RequestID,
		"candidate": map[string]string{"id": "c-1"}, "note": map[string]any{"score": 9.5, "scale": 10, "transcript": transcript},
	}, &accepted, http.StatusAccepted)
	d.event(ofType(intrvio.WritebackCompleted))

	notes := d.account.Notes(ada.ID)
	if len(notes) != 1 || !strings.Contains(notes[0].Text, transcript) || !strings.Contains(notes[0].Text, "9.5 of 10") {
		t.Fatalf("notes: %+v", notes)
	}
	if len(d.account.Applicants()) != 1 || len(d.account.Links(ada.ID)) != 1 {
		t.Errorf("%d applicants and %d links, want 1 and 1", len(d.account.Applicants()), len(d.account.Links(ada.ID)))
	}
	d.signed()
	metrics := get(t, p.metrics+"/metrics")
	p.terminate()
	d.clean(map[string]string{
		"JazzHR key": d.key, "webhook secret": webhookSecret, "transcript": "algebraic", "events secret": d.secret,
		"API token": e2eAPIToken, "admin token": e2eAdminToken, "name": "Lovelace", "email": "ada@example.com",
	}, metrics)
}

// TestStopsLoseNothing ends the program in the middle of its work, kindly and not, again and again:
// every writeback that was accepted is written once.
func TestStopsLoseNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*process){
		"SIGTERM": (*process).terminate,
		"SIGKILL": func(p *process) {
			p.kill()
			if err := <-p.ended; err == nil {
				t.Error("a process that was killed ended well")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const writebacks, ends = 14, 3
			d := newDeployment(t)
			p := d.start("serve")
			p.connect()
			d.event(ofType(intrvio.ConnectionVerified))
			// Each process ends in the middle of its work: some POSTs were answered, and JazzHR has just
			// met another, whose answer is not read yet. The rule stands before the work does, so that no
			// process gets done before its end.
			var posts atomic.Int32
			met := make(chan struct{}, 1)
			d.sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, Fault: jazzhrtest.Before(func(ctx context.Context, _ jazzhrtest.Call) {
				if posts.Add(1) != 6 {
					return
				}
				met <- struct{}{}
				select {
				case <-ctx.Done(): // the program is gone
				case <-time.After(time.Second): // it is stopping, and waits for this
				}
			})})
			for i := range writebacks {
				p.call("POST", d.path("/writebacks"), map[string]any{
					"interview_id": fmt.Sprintf("i-%d", i),
					"candidate": map[string]string{
						"id": fmt.Sprintf("c-%d", i), "first_name": "Ada", "last_name": "Number" + string(rune('a'+i)),
						"email": fmt.Sprintf("ada%d@example.com", i),
					},
					"job": map[string]string{"id": d.job.ID}, "note": map[string]string{"summary": "Good."},
				}, nil, http.StatusAccepted)
			}
			for range ends {
				select {
				case <-met:
					end(p)
				case <-time.After(time.Minute):
					t.Fatalf("a process came to no sixth POST\n%s", d.logs)
				}
				posts.Store(0)
				p = d.start("serve")
			}
			done := map[uuid.UUID]bool{}
			d.event(func(e intrvio.Envelope) bool {
				if e.Type == intrvio.WritebackCompleted {
					if result, err := intrvio.Decode[intrvio.WritebackResult](e); err == nil {
						done[result.WritebackID] = true
					}
				}
				return len(done) == writebacks
			})
			if duplicates := d.sim.Duplicates(); len(duplicates) > 0 {
				t.Errorf("doubled: %+v", duplicates)
			}
			if got := len(d.account.Applicants()); got != writebacks {
				t.Errorf("%d applicants, want %d", got, writebacks)
			}
			if got := len(d.account.Notes("")); got != writebacks {
				t.Errorf("%d notes, want %d", got, writebacks)
			}
		})
	}
}
