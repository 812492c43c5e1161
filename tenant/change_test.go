package tenant_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// actions returns who did what to a tenant and how, the oldest action first.
func (f *fixture) actions(t *testing.T, id uuid.UUID) []string {
	t.Helper()
	return queuetest.All[string](t, f.queue, `
		SELECT concat_ws(' ', who, what, result, detail)
		FROM jazzhr.actions WHERE tenant_id = $1 AND who <> 'unknown' ORDER BY action_id`, id)
}

// triggerOn returns a function for [tenant.Changes] that adds a trigger.
func triggerOn(stage string) func([]tenant.AutoTrigger) []tenant.AutoTrigger {
	return func(before []tenant.AutoTrigger) []tenant.AutoTrigger {
		return append(before, tenant.AutoTrigger{Stage: stage})
	}
}

// TestChange makes every change at once, which is one action.
func TestChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(t)
	name, interval := " Other ", new(time.Hour)
	changed, err := f.Change(t.Context(), id, tenant.Changes{
		Name: &name, PollInterval: &interval, AutoTriggers: triggerOn(" Phone Screen "),
		NoteContent: func(t gen.Tenant) writeback.NoteContent {
			before := writeback.NoteContentOf(t)
			before.Transcript = false
			return before
		},
	}, tenant.Actor{Name: "ada", Detail: "four at once"})
	if err != nil {
		t.Fatal(err)
	}
	want := writeback.NoteContent{Score: true, Summary: true, Link: true}
	if changed.Name != "Other" || changed.PollInterval == nil || *changed.PollInterval != time.Hour ||
		writeback.NoteContentOf(changed) != want {
		t.Errorf("the tenant is %q, polled each %v, with %+v in its notes",
			changed.Name, changed.PollInterval, writeback.NoteContentOf(changed))
	}
	triggers, err := f.AutoTriggers(t.Context(), id)
	if err != nil || len(triggers) != 1 || triggers[0].Stage != "Phone Screen" || triggers[0].SetAt.IsZero() {
		t.Errorf("the triggers are %+v, error %v", triggers, err)
	}
	if got := f.actions(t, id); !slices.Equal(got, []string{"ada change_settings done four at once"}) {
		t.Errorf("the actions are %q", got)
	}

	// A trigger that stays keeps the time at which it was set.
	_, err = f.Change(t.Context(), id, tenant.Changes{AutoTriggers: triggerOn("Offer")}, tenant.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	after, err := f.AutoTriggers(t.Context(), id)
	if err != nil || len(after) != 2 || after[0].Stage != "Offer" || after[1] != triggers[0] {
		t.Errorf("the triggers are %+v, error %v", after, err)
	}
	if got := f.actions(t, id); len(got) != 1 {
		t.Errorf("what nobody by name did is recorded: %q", got)
	}
}

// TestChangeIsAllOrNothing has one of several changes fail.
func TestChangeIsAllOrNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(t)
	name, empty, short := "Other", " ", new(time.Second)
	for field, changes := range map[string]tenant.Changes{
		"name":          {Name: &empty, AutoTriggers: triggerOn("Offer")},
		"poll_interval": {Name: &name, PollInterval: &short},
		"auto_trigger_stages.1.stage": {Name: &name, AutoTriggers: func([]tenant.AutoTrigger) []tenant.AutoTrigger {
			return []tenant.AutoTrigger{{Stage: "Offer"}, {Stage: " "}}
		}},
	} {
		_, err := f.Change(t.Context(), id, changes, tenant.Actor{Name: "ada"})
		if invalid, ok := errors.AsType[*queue.InvalidError](err); !ok || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	row := f.get(t, id)
	triggers, err := f.AutoTriggers(t.Context(), id)
	if err != nil || row.Name != "Acme" || row.PollInterval != nil || len(triggers) != 0 {
		t.Errorf("the tenant is %q, polled each %v, with the triggers %+v, error %v",
			row.Name, row.PollInterval, triggers, err)
	}
	if got := f.actions(t, id); len(got) != 0 {
		t.Errorf("the actions are %q", got)
	}

	// Nor is there a change without its record.
	f.queue.Exec(t, "ALTER TABLE jazzhr.actions RENAME TO actions_gone")
	if _, err := f.Change(t.Context(), id, tenant.Changes{Name: &name}, tenant.Actor{Name: "ada"}); err == nil {
		t.Error("a change was made without its record")
	}
	if got := f.get(t, id).Name; got != "Acme" {
		t.Errorf("the tenant is %q", got)
	}
}

// TestChangesAtOnce has many changes add a trigger each. None is lost.
func TestChangesAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.create(t)
	stages := []string{"a", "b", "c", "d", "e", "f"}
	errs := make([]error, len(stages))
	queuetest.AtOnce(len(stages), func(i int) {
		_, errs[i] = f.Change(t.Context(), id, tenant.Changes{AutoTriggers: triggerOn(stages[i])}, tenant.Actor{})
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if triggers, err := f.AutoTriggers(t.Context(), id); err != nil || len(triggers) != len(stages) {
		t.Errorf("the triggers are %+v, error %v", triggers, err)
	}
}

// TestActionsAreRecorded checks that each method records what a named actor did, and only if it was
// done.
func TestActionsAreRecorded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.account("key-1")
	id := f.create(t)
	ada := tenant.Actor{Name: "ada"}
	if _, err := f.Connect(t.Context(), id, "key-of-nobody", ada); !errors.Is(err, tenant.ErrCredentialsRejected) {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { _, err := f.Connect(t.Context(), id, "key-1", ada); return err },
		func() error { _, err := f.RotateSecret(t.Context(), id, false, ada); return err },
		func() error {
			f.verify(t, id)
			_, err := f.StartSync(t.Context(), id, tenant.SyncPoll, ada)
			return err
		},
		func() error { _, err := f.Pause(t.Context(), id, ada); return err },
		func() error { _, err := f.Resume(t.Context(), id, ada); return err },
		func() error { _, err := f.Disconnect(t.Context(), id, ada); return err },
		func() error { _, err := f.Disconnect(t.Context(), id, ada); return err }, // nothing to do
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"ada set_key done", "ada rotate_secret done", "ada resync done", "ada pause done", "ada resume done",
		"ada disconnect done",
	}
	if got := f.actions(t, id); !slices.Equal(got, want) {
		t.Errorf("the actions are %q, want %q", got, want)
	}
	if got := f.queue.Jobs(t, id, "poll_activities"); got != 1 {
		t.Errorf("%d polls were started", got)
	}
}
