package queue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/queue"
)

// view returns a writeback as the API shows it.
func (f *fixture) view(t *testing.T, tenant, id uuid.UUID) (view queue.WritebackView) {
	t.Helper()
	f.inTenant(t, tenant, func(tx db.TenantTx) (err error) {
		view, err = queue.ViewWriteback(t.Context(), tx, id)
		return err
	})
	return view
}

// TestWaitingFor holds why each step is said to wait: the reason of the tenant before that of the row.
func TestWaitingFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tests := []struct {
		name   string
		tenant string // an assignment to the tenant
		row    string // and one to the writeback
		first  string
	}{
		{"has a job", "name = 'Acme'", "begun = false", queue.WaitingForQueue},
		{"no job", "name = 'Acme'", "admitted_at = NULL", queue.WaitingForQueue},
		{"handed back", "name = 'Acme'", "admitted_at = NULL, waiting_for = 'rate_limit'", queue.WaitingForRateLimit},
		{"paused", "paused_at = jazzhr.now()", "waiting_for = 'retry'", queue.WaitingForPaused},
		{"key rejected", "key_state = 'rejected'", "waiting_for = 'retry'", queue.WaitingForCredentials},
		{"ended", "name = 'Acme'", "state = 'done', admitted_at = NULL", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tenant := f.tenant(t)
			w := writeback("interview-1")
			w.Job = &queue.Job{ID: "job_1"}
			id := f.mustEnqueue(t, tenant, w)
			f.change(t, tenant, test.tenant)
			f.exec(t, "UPDATE jazzhr.writebacks SET "+test.row+" WHERE writeback_id = $1", id)
			view := f.view(t, tenant, id)
			kinds := []string{view.Steps[0].Kind, view.Steps[1].Kind, view.Steps[2].Kind}
			if want := []string{queue.StepCreateApplicant, queue.StepLinkApplicantToJob, queue.StepWriteNotes}; !slices.Equal(kinds, want) {
				t.Errorf("the steps are %q", kinds)
			}
			if got := view.Steps[0].WaitingFor; got != test.first {
				t.Errorf("the first step waits for %q, want %q", got, test.first)
			}
			later := queue.WaitingForEarlierStep
			if test.first == "" {
				later = ""
			}
			if got := view.Steps[2].WaitingFor; got != later || view.Steps[2].Parts[0].WaitingFor != later {
				t.Errorf("the last step waits for %q, want %q", got, later)
			}
			if at := view.Steps[0].NextAttemptAt; at != nil && at.Location() != time.UTC {
				t.Errorf("the next attempt is at %s", at)
			}
		})
	}
}

func TestViewOfAttention(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	id := f.mustEnqueue(t, tenant, writeback("interview-1"))
	effect := uuid.New()
	f.exec(t, `INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, problem, evidence)
		VALUES ($1, $2, 'create_applicant', 'ada@example.com', 'attention', 'found_twice', '[{"found": 2}]')`, tenant, effect)
	f.exec(t, "UPDATE jazzhr.steps SET state = 'attention', effect_id = $1 WHERE kind = 'create_applicant'", effect)
	f.exec(t, "UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL")
	view := f.view(t, tenant, id)
	step := view.Steps[0]
	if view.State != queue.StateAttention || step.State != queue.StateAttention || step.WaitingFor != queue.WaitingForPerson ||
		step.LastError != "found_twice" || string(step.Evidence) != `[{"found": 2}]` {
		t.Errorf("the writeback is %s, its step %+v", view.State, step)
	}
	result := view.Result("found_twice")
	if result.WritebackID != id || result.Reason != "found_twice" || len(result.Steps) != 3 || result.Steps[0].Error != "found_twice" ||
		result.Steps[0].Kind != intrvio.StepKind(queue.StepCreateApplicant) {
		t.Errorf("Intrvio is told %+v", result)
	}
}

// TestViewOfParts holds that the step write_notes shows the part it is at, and each part as well.
func TestViewOfParts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	w := writeback("interview-1")
	w.Note.Transcript = string(slices.Repeat([]byte("Q and A. "), 3*queue.NotePartLimit/9))
	id := f.mustEnqueue(t, tenant, w)
	parts := w.Note.PartCount()
	if parts < 3 {
		t.Fatalf("the note has %d parts", parts)
	}
	f.exec(t, "UPDATE jazzhr.steps SET attempts = 2")
	f.exec(t, "UPDATE jazzhr.steps SET state = 'done', remote_id = 'comment_1', attempts = 1 WHERE kind = 'write_notes' AND part = 1")
	f.exec(t, "UPDATE jazzhr.writebacks SET step = 'write_notes', part = 2, waiting_for = 'settling', admitted_at = NULL")
	view := f.view(t, tenant, id)
	notes := view.Steps[len(view.Steps)-1]
	if len(notes.Parts) != parts || notes.State != queue.StatePending || notes.WaitingFor != queue.WaitingForSettling ||
		notes.NextAttemptAt == nil || notes.Attempts != 2*parts-1 {
		t.Errorf("the step is %+v", notes)
	}
	if first := notes.Parts[0]; first.Part != 1 || first.State != queue.StateDone || first.RemoteID != "comment_1" {
		t.Errorf("its first part is %+v", first)
	}
	if third := notes.Parts[2]; third.Part != 3 || third.WaitingFor != queue.WaitingForEarlierStep {
		t.Errorf("its third part is %+v", third)
	}
	if shown, err := json.Marshal(view); err != nil || slices.Contains(shown, 0) {
		t.Errorf("shown as %s, error %v", shown, err)
	}
}

func TestOtherTenantsWritebackIsNotShown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.mustEnqueue(t, f.tenant(t), writeback("interview-1"))
	err := db.InTenant(t.Context(), f.Pool, f.tenant(t), func(tx db.TenantTx) error {
		_, err := queue.ViewWriteback(t.Context(), tx, id)
		return err
	})
	if !errors.Is(err, queue.ErrNoWriteback) {
		t.Errorf("error %v", err)
	}
}

func TestListWritebacks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	ids := make([]uuid.UUID, 5)
	for i := range ids {
		ids[i] = f.mustEnqueue(t, tenant, writeback(fmt.Sprint("interview-", i)))
	}
	f.mustEnqueue(t, f.tenant(t), writeback("interview-0"))
	f.exec(t, "UPDATE jazzhr.writebacks SET state = 'done' WHERE writeback_id = any($1)", ids[1:3])
	tests := map[string]struct {
		filter queue.WritebackFilter
		want   []uuid.UUID
	}{
		"all":               {queue.WritebackFilter{Limit: 10}, ids},
		"first page":        {queue.WritebackFilter{Limit: 2}, ids[:2]},
		"next page":         {queue.WritebackFilter{Limit: 2, After: ids[1]}, ids[2:4]},
		"past the end":      {queue.WritebackFilter{Limit: 2, After: ids[4]}, nil},
		"of a state":        {queue.WritebackFilter{Limit: 10, State: queue.StateDone}, ids[1:3]},
		"of an interview":   {queue.WritebackFilter{Limit: 10, InterviewID: "interview-3"}, ids[3:4]},
		"of both":           {queue.WritebackFilter{Limit: 10, InterviewID: "interview-3", State: queue.StateDone}, nil},
		"page of a state":   {queue.WritebackFilter{Limit: 1, State: queue.StateDone, After: ids[1]}, ids[2:3]},
		"unknown interview": {queue.WritebackFilter{Limit: 10, InterviewID: "?"}, nil},
	}
	for name, test := range tests {
		var got []uuid.UUID
		f.inTenant(t, tenant, func(tx db.TenantTx) error {
			views, err := queue.ListWritebacks(t.Context(), tx, test.filter)
			for _, view := range views {
				got = append(got, view.ID)
			}
			return err
		})
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// TestRejectWaiting is what a disconnect does to the queue.
func TestRejectWaiting(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant, other := f.tenant(t), f.tenant(t)
	done, attention := f.mustEnqueue(t, tenant, writeback("done")), f.mustEnqueue(t, tenant, writeback("attention"))
	for i := range queue.Share + 1 {
		f.mustEnqueue(t, tenant, writeback(fmt.Sprint("interview-", i)))
	}
	f.mustEnqueue(t, other, writeback("interview-0"))
	f.exec(t, "UPDATE jazzhr.writebacks SET state = 'done', admitted_at = NULL WHERE writeback_id = $1", done)
	f.exec(t, "UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL WHERE writeback_id = $1", attention)
	f.exec(t, "UPDATE jazzhr.steps SET state = 'attention', last_error = 'found_twice' WHERE writeback_id = $1 AND kind = 'create_applicant'", attention)
	f.accept(t, tenant, export("uuid-1", "{}"))
	f.accept(t, other, export("uuid-1", "{}"))

	f.inTenant(t, tenant, func(tx db.TenantTx) error { return queue.RejectWaiting(t.Context(), tx, f.client) })

	states := all[string](t, f, `SELECT concat_ws(' ', tenant_id = $1, state, last_error, count(*)) FROM jazzhr.writebacks
		GROUP BY tenant_id = $1, state, last_error ORDER BY 1`, tenant)
	if want := []string{"f pending 1", "t done 1", fmt.Sprintf("t rejected disconnected %d", queue.Share+2)}; !slices.Equal(states, want) {
		t.Errorf("the writebacks are %q, want %q", states, want)
	}
	if got := f.webhooks(t, tenant); !slices.Equal(got, []string{"done disconnected"}) || len(f.webhooks(t, other)) != 1 {
		t.Errorf("the webhooks are %q", got)
	}
	if bodies := one[int](t, f, "SELECT count(body) FROM jazzhr.webhooks WHERE tenant_id = $1", tenant); bodies != 0 {
		t.Errorf("%d bodies are kept", bodies)
	}
	events := f.events(t, tenant)
	if len(events) != queue.Share+2 || slices.ContainsFunc(events, func(e string) bool { return e != string(intrvio.WritebackRejected) }) {
		t.Errorf("the events are %q", events)
	}
	// What a step had failed by stays to be seen.
	if step := f.view(t, tenant, attention).Steps[0]; step.State != queue.StateRejected || step.LastError != "found_twice" {
		t.Errorf("the step in attention is %+v", step)
	}
	if step := f.view(t, tenant, done).Steps[0]; step.State != queue.StatePending {
		t.Errorf("a step of an ended writeback is %+v", step)
	}
}
