package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// customer is one tenant and its JazzHR account.
type customer struct {
	*world
	id      uuid.UUID
	account *jazzhrtest.Account
	job     jazzhrtest.Job
}

// customer makes a connected tenant with an account of its own, whose audits are far off.
func (w *world) customer(name string) *customer {
	w.t.Helper()
	key := fresh("key-" + name)
	c := &customer{world: w, account: w.sim.AddAccount(key)}
	c.job = c.account.AddJob(jazzhrtest.Job{Title: "Engineer", BoardCode: "code-" + name})
	row, _, err := w.tenants.Create(w.t.Context(), tenant.Details{Name: name, Region: "us"})
	check(w.t, err)
	c.id = row.TenantID
	w.exec(`UPDATE jazzhr.tenants SET next_audit_at = jazzhr.now() + interval '1 year' WHERE tenant_id = $1`, c.id)
	for range 20 { // as a person would, where the world's timeout is short
		_, err = w.tenants.Connect(w.t.Context(), c.id, key, tenant.Actor{})
		if !errors.Is(err, tenant.ErrJazzHRUnavailable) {
			break
		}
	}
	check(w.t, err)
	return c
}

// seasoned makes a customer on whose account a write of each kind has been confirmed, without which
// absence is not believed.
func (w *world) seasoned(name string) *customer {
	w.t.Helper()
	c := w.customer(name)
	c.finish(queue.StateDone, c.writeback("i-0", "Grace", "Hopper", "grace@example.com"))
	return c
}

// verified has JazzHR send its webhooks to the queue, as package web would put them in. The tenant's
// polls do not become due by themselves.
func (c *customer) verified() *customer {
	c.t.Helper()
	c.polled()
	c.exec(`UPDATE jazzhr.tenants SET next_poll_at = NULL, next_openings_at = NULL, next_full_at = NULL WHERE tenant_id = $1`, c.id)
	return c
}

// polled is as verified, with polls that become due.
func (c *customer) polled() *customer {
	c.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = c.receive(r.Context(), r.Header, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	c.t.Cleanup(server.Close)
	check(c.t, c.account.SaveIntegration(c.t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: server.URL, Secret: "secret"}))
	return c
}

func (c *customer) receive(ctx context.Context, header http.Header, body []byte) error {
	if header.Get(jazzhr.HeaderEvent) == jazzhr.EventVerify {
		return intake.AcceptVerify(ctx, c.db.Pool, c.client, c.id, 1)
	}
	row, err := c.tenants.Get(ctx, c.id)
	if err != nil {
		return err
	}
	receiver, found, err := c.intake.Receiver(ctx, *row.WebhookToken)
	if err != nil || !found {
		return fmt.Errorf("the webhook's receiver: found %t: %w", found, err)
	}
	secrets, err := c.tenants.SecretsOf(receiver)
	if err != nil {
		return err
	}
	_, err = c.intake.Accept(ctx, receiver, intake.Received{
		Event: header.Get(jazzhr.HeaderEvent), UUID: header.Get(jazzhr.HeaderUUID), Body: body, Headers: map[string]string{},
		ExportContext: header.Get(jazzhr.HeaderExportContext), SecretVersion: 1, SecretUsed: secrets[0].Used,
	})
	return err
}

// person is one that JazzHR has, in the customer's job.
func (c *customer) person(first, last, email string) jazzhrtest.Applicant {
	return c.account.AddApplicant(jazzhrtest.Applicant{FirstName: first, LastName: last, Email: email}, c.job.ID)
}

// writeback puts a writeback in as Intrvio's backend would, in a transaction of its own.
func (c *customer) writeback(interview, first, last, email string) uuid.UUID {
	c.t.Helper()
	return c.enqueue(writeback.Writeback{
		InterviewID: interview,
		Candidate:   writeback.Candidate{ID: "c-" + interview, FirstName: first, LastName: last, Email: email},
		Job:         &writeback.Job{ID: c.job.ID},
		Note:        writeback.Note{Summary: "Did well.", Transcript: "Q: Why?\nA: Because."},
	})
}

func (c *customer) enqueue(wb writeback.Writeback) (id uuid.UUID) {
	c.t.Helper()
	check(c.t, db.InTx(c.t.Context(), c.db.Pool, func(tx pgx.Tx) (err error) {
		id, _, err = writeback.Enqueue(c.t.Context(), tx, c.client, c.id, wb)
		return err
	}))
	return id
}

// told waits for an event of a type about a writeback.
func (c *customer) told(event intrvio.EventType, id uuid.UUID) intrvio.WritebackResult {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	var result intrvio.WritebackResult
	_, err := c.backend.Wait(ctx, func(e intrvio.Envelope) (is bool) {
		if e.Type != event {
			return false
		}
		var err error
		result, err = intrvio.Decode[intrvio.WritebackResult](e)
		return err == nil && result.WritebackID == id
	})
	if err != nil {
		c.t.Fatalf("no %s: %v\n%s\n%s", event, err, c.show(id), c.journal)
	}
	return result
}

// finish waits for the event that tells of a writeback's end in a state, and returns the writeback.
func (c *customer) finish(state string, id uuid.UUID) writeback.View {
	c.t.Helper()
	c.told(map[string]intrvio.EventType{
		queue.StateDone: intrvio.WritebackCompleted, queue.StateRejected: intrvio.WritebackRejected,
		queue.StateAttention: intrvio.WritebackAttention,
	}[state], id)
	view := c.view(id)
	if view.State != state {
		c.t.Fatalf("the event told of %s\n%s", state, c.show(id))
	}
	return view
}

// wantProblem waits for a writeback to be left to a person, and fails unless it is for this.
func (c *customer) wantProblem(id uuid.UUID, problem outcome.Code) {
	c.t.Helper()
	if result := c.told(intrvio.WritebackAttention, id); result.Reason != string(problem) {
		c.t.Fatalf("a person is asked because of %q, want %q\n%s", result.Reason, problem, c.show(id))
	}
}

func (c *customer) view(id uuid.UUID) (view writeback.View) {
	c.t.Helper()
	c.inTenant(func(tx db.TenantTx) (err error) {
		view, err = writeback.Get(c.t.Context(), tx, id)
		return err
	})
	return view
}

func (c *customer) show(id uuid.UUID) string {
	view := c.view(id)
	text := fmt.Sprintf("writeback %s", view.State)
	for _, step := range view.Steps {
		text += fmt.Sprintf("\n  %s: %s waiting for %q, error %q, evidence %s", step.Kind, step.State, step.WaitingFor, step.LastError, step.Evidence)
		for _, part := range step.Parts {
			text += fmt.Sprintf("\n    part %d: %s, evidence %s", part.Part, part.State, part.Evidence)
		}
	}
	return text
}

// step returns a step of a writeback.
func step(t *testing.T, view writeback.View, kind string) writeback.StepView {
	t.Helper()
	for _, s := range view.Steps {
		if s.Kind == kind {
			return s
		}
	}
	t.Fatalf("no step %s", kind)
	return writeback.StepView{}
}

// once fails unless JazzHR holds exactly one applicant of the email, one link to the job and so
// many notes of ours.
func (c *customer) once(email string, notes int) {
	c.t.Helper()
	applicants := c.account.ApplicantsByEmail(email)
	if len(applicants) != 1 {
		c.t.Fatalf("%d applicants have the email, want 1", len(applicants))
	}
	if links := c.account.Links(applicants[0].ID); len(links) != 1 {
		c.t.Errorf("%d links, want 1", len(links))
	}
	if got := c.account.Notes(applicants[0].ID); len(got) != notes {
		c.t.Errorf("%d notes, want %d", len(got), notes)
	}
	if duplicates := c.sim.Duplicates(); len(duplicates) > 0 {
		c.t.Errorf("duplicates: %+v", duplicates)
	}
}
