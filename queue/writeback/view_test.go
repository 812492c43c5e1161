package writeback_test

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
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// getView returns a writeback as the API shows it.
func getView(t *testing.T, f *queuetest.Fixture, tenant, id uuid.UUID) (view writeback.View) {
	t.Helper()
	f.InTenant(t, tenant, func(tx db.TenantTx) (err error) {
		view, err = writeback.Get(t.Context(), tx, id)
		return err
	})
	return view
}

// TestWaitingFor checks the reason for which each step waits: that of the tenant goes before that
// of the row.
func TestWaitingFor(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tests := []struct {
		name   string
		tenant string // an assignment to the tenant
		row    string // and one to the writeback
		first  outcome.Code
	}{
		{"has a job", "name = 'Acme'", "begun = false", outcome.WaitsQueue},
		{"no job", "name = 'Acme'", "admitted_at = NULL", outcome.WaitsQueue},
		{"handed back", "name = 'Acme'", "admitted_at = NULL, waiting_for = 'rate_limit'", outcome.WaitsRateLimit},
		{"paused", "paused_at = jazzhr.now()", "waiting_for = 'retry'", outcome.WaitsPaused},
		{"key rejected", "key_state = 'rejected'", "waiting_for = 'retry'", outcome.WaitsCredentials},
		{"ended", "name = 'Acme'", "state = 'done', admitted_at = NULL", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tenant := f.Tenant(t)
			w := queuetest.Writeback("interview-1")
			w.Job = &writeback.Job{ID: "job_1"}
			id := f.MustEnqueue(t, tenant, w)
			f.Change(t, tenant, test.tenant)
			f.Exec(t, "UPDATE jazzhr.writebacks SET "+test.row+" WHERE writeback_id = $1", id)
			view := getView(t, f, tenant, id)
			kinds := []string{view.Steps[0].Kind, view.Steps[1].Kind, view.Steps[2].Kind}
			want := []string{queue.StepCreateApplicant, queue.StepLinkApplicantToJob, queue.StepWriteNotes}
			if !slices.Equal(kinds, want) {
				t.Errorf("the steps are %q", kinds)
			}
			if got := view.Steps[0].WaitingFor; got != test.first {
				t.Errorf("the first step waits for %q, want %q", got, test.first)
			}
			later := outcome.WaitsEarlierStep
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
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	id := f.MustEnqueue(t, tenant, queuetest.Writeback("interview-1"))
	effect := uuid.New()
	f.Exec(t, `
		INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key, state, problem, evidence)
		VALUES ($1, $2, 'create_applicant', 'ada@example.com', 'attention', 'two_matches', '[{"found": 2}]')`,
		tenant, effect)
	f.Exec(t, "UPDATE jazzhr.steps SET state = 'attention', effect_id = $1 WHERE kind = 'create_applicant'", effect)
	f.Exec(t, "UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL")
	view := getView(t, f, tenant, id)
	step := view.Steps[0]
	if view.State != queue.StateAttention || step.State != queue.StateAttention ||
		step.WaitingFor != outcome.WaitsPerson || step.LastError != string(outcome.TwoMatches) ||
		string(step.Evidence) != `[{"found": 2}]` {
		t.Errorf("the writeback is %s, its step %+v", view.State, step)
	}
	result := view.Result(outcome.TwoMatches)
	if result.WritebackID != id || result.Reason != "two_matches" || len(result.Steps) != 3 ||
		result.Steps[0].Error != "two_matches" || result.Steps[0].Kind != intrvio.StepKind(queue.StepCreateApplicant) {
		t.Errorf("Intrvio is told %+v", result)
	}
}

// TestViewOfParts checks that the step write_notes has the state of its current part, and lists all
// parts.
func TestViewOfParts(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	w := queuetest.Writeback("interview-1")
	w.Note.Transcript = string(slices.Repeat([]byte("Q and A. "), 3*writeback.NotePartLimit/9))
	id := f.MustEnqueue(t, tenant, w)
	parts := w.Note.PartCount()
	if parts < 3 {
		t.Fatalf("the note has %d parts", parts)
	}
	f.Exec(t, "UPDATE jazzhr.steps SET attempts = 2")
	f.Exec(t, `
		UPDATE jazzhr.steps SET state = 'done', remote_id = 'comment_1', attempts = 1
		WHERE kind = 'write_notes' AND part = 1`)
	f.Exec(t,
		"UPDATE jazzhr.writebacks SET step = 'write_notes', part = 2, waiting_for = 'settling', admitted_at = NULL")
	view := getView(t, f, tenant, id)
	notes := view.Steps[len(view.Steps)-1]
	if len(notes.Parts) != parts || notes.State != queue.StatePending || notes.WaitingFor != outcome.WaitsSettling ||
		notes.NextAttemptAt == nil || notes.Attempts != 2*parts-1 {
		t.Errorf("the step is %+v", notes)
	}
	if first := notes.Parts[0]; first.Part != 1 || first.State != queue.StateDone || first.RemoteID != "comment_1" {
		t.Errorf("its first part is %+v", first)
	}
	if third := notes.Parts[2]; third.Part != 3 || third.WaitingFor != outcome.WaitsEarlierStep {
		t.Errorf("its third part is %+v", third)
	}
	if shown, err := json.Marshal(view); err != nil || slices.Contains(shown, 0) {
		t.Errorf("shown as %s, error %v", shown, err)
	}
}

func TestOtherTenantsWritebackIsNotShown(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	id := f.MustEnqueue(t, f.Tenant(t), queuetest.Writeback("interview-1"))
	err := db.InTenant(t.Context(), f.Pool, f.Tenant(t), func(tx db.TenantTx) error {
		_, err := writeback.Get(t.Context(), tx, id)
		return err
	})
	if !errors.Is(err, writeback.ErrNoWriteback) {
		t.Errorf("error %v", err)
	}
}

func TestListWritebacks(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	ids := make([]uuid.UUID, 5)
	for i := range ids {
		ids[i] = f.MustEnqueue(t, tenant, queuetest.Writeback(fmt.Sprint("interview-", i)))
	}
	f.MustEnqueue(t, f.Tenant(t), queuetest.Writeback("interview-0"))
	f.Exec(t, "UPDATE jazzhr.writebacks SET state = 'done' WHERE writeback_id = any($1)", ids[1:3])
	tests := map[string]struct {
		filter writeback.Filter
		want   []uuid.UUID
	}{
		"all":               {writeback.Filter{Limit: 10}, ids},
		"first page":        {writeback.Filter{Limit: 2}, ids[:2]},
		"next page":         {writeback.Filter{Limit: 2, After: ids[1]}, ids[2:4]},
		"past the end":      {writeback.Filter{Limit: 2, After: ids[4]}, nil},
		"of a state":        {writeback.Filter{Limit: 10, State: queue.StateDone}, ids[1:3]},
		"of an interview":   {writeback.Filter{Limit: 10, InterviewID: "interview-3"}, ids[3:4]},
		"of both":           {writeback.Filter{Limit: 10, InterviewID: "interview-3", State: queue.StateDone}, nil},
		"page of a state":   {writeback.Filter{Limit: 1, State: queue.StateDone, After: ids[1]}, ids[2:3]},
		"unknown interview": {writeback.Filter{Limit: 10, InterviewID: "?"}, nil},
	}
	for name, test := range tests {
		var got []uuid.UUID
		f.InTenant(t, tenant, func(tx db.TenantTx) error {
			views, err := writeback.List(t.Context(), tx, test.filter)
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

// TestEndWork checks what a disconnect does to the rows of the queue.
func TestEndWork(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant, other := f.Tenant(t), f.Tenant(t)
	done := f.MustEnqueue(t, tenant, queuetest.Writeback("done"))
	attention := f.MustEnqueue(t, tenant, queuetest.Writeback("attention"))
	for i := range queue.Share + 1 {
		f.MustEnqueue(t, tenant, queuetest.Writeback(fmt.Sprint("interview-", i)))
	}
	f.MustEnqueue(t, other, queuetest.Writeback("interview-0"))
	f.Exec(t, "UPDATE jazzhr.writebacks SET state = 'done', admitted_at = NULL WHERE writeback_id = $1", done)
	f.Exec(t, "UPDATE jazzhr.writebacks SET state = 'attention', admitted_at = NULL WHERE writeback_id = $1", attention)
	f.Exec(t, `
		UPDATE jazzhr.steps SET state = 'attention', last_error = 'two_matches'
		WHERE writeback_id = $1 AND kind = 'create_applicant'`, attention)
	f.Accept(t, tenant, queuetest.Export("uuid-1", "{}"))
	f.Accept(t, other, queuetest.Export("uuid-1", "{}"))

	end := func() {
		if err := writeback.EndWork(t.Context(), f.Pool, f.Client, tenant, writeback.AllBatches); err != nil {
			t.Fatal(err)
		}
	}
	end() // the tenant is not disconnected
	if events := f.Events(t, tenant); len(events) != 0 {
		t.Errorf("the events are %q", events)
	}
	f.Change(t, tenant, "end_work_at = jazzhr.now()")
	end()

	states := queuetest.All[string](t, f, `
		SELECT concat_ws(' ', tenant_id = $1, state, last_error, count(*)) FROM jazzhr.writebacks
		GROUP BY tenant_id = $1, state, last_error ORDER BY 1`, tenant)
	want := []string{"f pending 1", "t done 1", fmt.Sprintf("t rejected disconnected %d", queue.Share+2)}
	if !slices.Equal(states, want) {
		t.Errorf("the writebacks are %q, want %q", states, want)
	}
	got := f.Webhooks(t, tenant)
	if !slices.Equal(got, []string{"done disconnected"}) || len(f.Webhooks(t, other)) != 1 {
		t.Errorf("the webhooks are %q", got)
	}
	bodies := queuetest.One[int](t, f, "SELECT count(body) FROM jazzhr.webhooks WHERE tenant_id = $1", tenant)
	if bodies != 0 {
		t.Errorf("%d bodies are kept", bodies)
	}
	events := f.Events(t, tenant)
	if len(events) != queue.Share+2 ||
		slices.ContainsFunc(events, func(e string) bool { return e != string(intrvio.WritebackRejected) }) {
		t.Errorf("the events are %q", events)
	}
	// What a step had failed by stays to be seen.
	step := getView(t, f, tenant, attention).Steps[0]
	if step.State != queue.StateRejected || step.LastError != "two_matches" {
		t.Errorf("the step in attention is %+v", step)
	}
	if step := getView(t, f, tenant, done).Steps[0]; step.State != queue.StatePending {
		t.Errorf("a step of an ended writeback is %+v", step)
	}
}
