package jazzhrtest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	w, _ := connected(t)
	demo := jazzhrtest.Demo(w.Sim, "demo-key")
	people := demo.Applicants()
	if _, err := demo.AddNote(people[1].ID, "Good."); err != nil {
		t.Fatal(err)
	}
	if err := demo.Merge(people[0].ID, people[1].ID); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state.json")
	if err := w.Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}

	sim := jazzhrtest.New(jazzhrtest.Options{})
	if err := sim.Load(path); err != nil {
		t.Fatal(err)
	}
	type snapshot struct {
		Settings     jazzhrtest.Settings
		Integration  jazzhrtest.Integration
		Verification jazzhrtest.Verification
		Jobs         []jazzhrtest.Job
		Applicants   []jazzhrtest.Applicant
		Links        []jazzhrtest.Link
		Notes        []jazzhrtest.Note
		Activities   []jazzhrtest.Activity
	}
	for _, a := range w.Accounts() {
		loaded := sim.Account(a.Key())
		if loaded == nil || loaded.ID() != a.ID() {
			t.Fatalf("no %s", a.ID())
		}
		take := func(a *jazzhrtest.Account) snapshot {
			in, v := a.Integration()
			return snapshot{a.Settings(), in, v, a.Jobs(), a.Applicants(), a.Links(""), a.Notes(""), a.Activities("")}
		}
		if diff := cmp.Diff(take(a), take(loaded)); diff != "" {
			t.Errorf("%s: %s", a.ID(), diff)
		}
	}
	if err := sim.Load(path); err == nil {
		t.Error("loaded into a simulator with accounts")
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sim := jazzhrtest.New(jazzhrtest.Options{})
	if err := sim.Load(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for name, text := range map[string]string{
		"no JSON":      "nothing",
		"version":      `{"version":99}`,
		"link":         `{"version":1,"accounts":[{"id":"a","key":"k","links":[{"applicant_id":"nobody"}]}]}`,
		"note":         `{"version":1,"accounts":[{"id":"a","key":"k","notes":[{"applicant_id":"nobody"}]}]}`,
		"repeated key": `{"version":1,"accounts":[{"id":"a","key":"k"},{"id":"b","key":"k"}]}`,
	} {
		path := filepath.Join(dir, "state.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sim.Load(path); err == nil || len(sim.Accounts()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeepSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "state.json")
	ctx, cancel := context.WithCancel(w.context())
	ended := make(chan error, 1)
	go func() { ended <- w.KeepSaved(ctx, path) }()
	w.person("Ada", "Lovelace", "ada@example.com")
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), "ada@example.com") {
		t.Fatalf("%v %s", err, data)
	}
	if err := w.KeepSaved(ctx, filepath.Join(path, "below", "a", "file")); err == nil {
		t.Fatal("saved where nothing can be")
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	met := make(chan error, 1)
	go func() {
		met <- w.Wait(w.context(), func() bool { return len(w.acct.Notes(p.ID)) == 3 })
	}()
	for range 3 {
		if _, err := w.note(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-met; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if err := w.Wait(ctx, func() bool { return false }); !errors.Is(err, reason) {
		t.Fatalf("%v", err)
	}
}

func TestCountsAndWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddAccount("other")
	p := w.person("Ada", "Lovelace", "")
	w.get("/jobs")
	w.get("/applicants/" + p.ID)
	for _, key := range []string{"other", "wrong"} {
		if _, err := w.tryAs(key, "GET", "/jobs", nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.note(p); err != nil {
		t.Fatal(err)
	}
	got := []int{w.Count(""), w.Count(jazzhrtest.EndpointJobs), w.acct.Count(""), w.acct.Count(jazzhrtest.EndpointJobs), w.Count(jazzhrtest.EndpointNotes)}
	if fmt.Sprint(got) != "[5 3 3 1 1]" {
		t.Errorf("counts %v", got)
	}
	writes := w.Writes()
	if len(writes) != 1 || writes[0].Account != w.acct.ID() || writes[0].ApplicantID != p.ID || writes[0].Text != "text" ||
		writes[0].ID != w.acct.Notes(p.ID)[0].ID || writes[0].Endpoint != jazzhrtest.EndpointNotes {
		t.Errorf("%+v", writes)
	}
}

func TestDuplicateNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "ada@example.com")
	for _, text := range []string{"Interview  ref a1\nfirst", "\n Interview ref a1 \nagain", "Interview ref a2", ""} {
		if _, err := w.acct.AddNote(p.ID, text); err != nil {
			t.Fatal(err)
		}
	}
	d := w.Duplicates()
	if len(d) != 1 || d[0].Kind != "note" || d[0].Key != "Interview ref a1" || len(d[0].IDs) != 2 {
		t.Fatalf("%v", d)
	}
}

// TestConcurrentUse runs everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w, _ := connected(t)
	j := w.job("Welder")
	w.SetChaos(jazzhrtest.Chaos{LoseAnswer: 0.2, ApplyLate: 0.1, ShowLate: 0.1, FailRead: 0.1, LateBy: time.Millisecond})
	path := filepath.Join(t.TempDir(), "state.json")
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 20 {
				p := w.person("Ada", fmt.Sprintf("Number%d-%d", worker, i), fmt.Sprintf("%d-%d@example.com", worker, i), j.ID)
				_, _ = w.try("GET", "/applicants/name/Number", nil)
				_, _ = w.note(p)
				_, _ = w.try("POST", "/applicants2jobs", map[string]any{"applicant_id": p.ID, "job_id": j.ID})
				_, _ = w.try("GET", "/applicants/"+p.ID, nil)
				if _, err := w.acct.Export(w.context(), p.ID, j.ID); err != nil {
					t.Error(err)
				}
				if err := w.acct.MoveStage(p.ID, j.ID, "Offer"); err != nil {
					t.Error(err)
				}
				w.Duplicates()
			}
			if err := w.Save(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(w.acct.Applicants()); n != 80 {
		t.Errorf("%d applicants", n)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.New(jazzhrtest.Options{})
	a := jazzhrtest.Demo(sim, "demo-key")
	names, emails := map[string]int{}, map[string]int{}
	for _, p := range a.Applicants() {
		names[p.FirstName+" "+p.LastName]++
		emails[p.Email]++
		if !strings.HasSuffix(p.Email, "@example.com") {
			t.Errorf("%s", p.Email)
		}
	}
	if len(a.Jobs()) < 3 || len(emails) != 8 || len(names) != 7 || names["Jordan Lee"] != 2 {
		t.Errorf("%v %v", names, emails)
	}
	if n := len(a.Activities("")); n == 0 {
		t.Error("no activities")
	}
}
