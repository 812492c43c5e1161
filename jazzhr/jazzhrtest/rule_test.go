package jazzhrtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule func(*world) jazzhrtest.Rule
		want string // which of the requests below fail
	}{
		"all":       {func(*world) jazzhrtest.Rule { return jazzhrtest.Rule{} }, "0 1 2 3 4 5"},
		"method":    {func(*world) jazzhrtest.Rule { return jazzhrtest.Rule{Method: "POST"} }, "1 3 4"},
		"endpoint":  {func(*world) jazzhrtest.Rule { return jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointApplicant} }, "2"},
		"two times": {func(*world) jazzhrtest.Rule { return jazzhrtest.Rule{Times: 2} }, "0 1"},
		"the third": {func(*world) jazzhrtest.Rule { return jazzhrtest.Rule{Nth: 3} }, "2"},
		"second of an endpoint": {func(*world) jazzhrtest.Rule {
			return jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointNotes, Nth: 2}
		}, "4"},
		"account": {func(w *world) jazzhrtest.Rule { return jazzhrtest.Rule{Account: w.Account("other")} }, "5"},
		"predicate": {func(*world) jazzhrtest.Rule {
			return jazzhrtest.Rule{When: func(c jazzhrtest.Call) bool { return strings.HasPrefix(c.Field("contents"), "b") }}
		}, "4"},
		"filter": {func(*world) jazzhrtest.Rule {
			return jazzhrtest.Rule{When: func(c jazzhrtest.Call) bool { return c.Filters["status"] == "open" }}
		}, "0"},
		"always by chance": {func(*world) jazzhrtest.Rule { return jazzhrtest.Rule{Chance: 1, Method: "GET"} }, "0 2 5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.AddAccount("other")
			p := w.person("Ada", "Lovelace", "")
			rule := c.rule(w)
			rule.Fault = jazzhrtest.Refuse(500)
			in := w.Fault(rule)
			send := func(key, method, path string, fields map[string]any) bool {
				a, err := w.tryAs(key, method, path, fields)
				if err != nil {
					t.Fatal(err)
				}
				return a.status == 500
			}
			got := []bool{
				send(testKey, "GET", "/jobs/status/open", nil),
				send(testKey, "POST", "/applicants", nil),
				send(testKey, "GET", "/applicants/"+p.ID, nil),
				send(testKey, "POST", "/notes", map[string]any{"applicant_id": p.ID, "contents": "a"}),
				send(testKey, "POST", "/notes", map[string]any{"applicant_id": p.ID, "contents": "b"}),
				send("other", "GET", "/activities", nil),
			}
			var failed []string
			for i, f := range got {
				if f {
					failed = append(failed, string(rune('0'+i)))
				}
			}
			if strings.Join(failed, " ") != c.want {
				t.Errorf("failed %v, want %s", failed, c.want)
			}
			if in.Hits() != len(failed) {
				t.Errorf("%d hits", in.Hits())
			}
			in.Remove()
			wantStatus(t, w.get("/jobs"), 200)
		})
	}
}

func TestFirstRuleThatHoldsDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fault(jazzhrtest.Rule{Times: 1, Fault: jazzhrtest.Refuse(503)})
	w.Fault(jazzhrtest.Rule{Times: 1, Fault: jazzhrtest.Refuse(504)})
	for _, status := range []int{503, 504, 200} {
		wantStatus(t, w.get("/jobs"), status)
	}
}

// TestChaos loses a third of the answers to POSTs. All writes are stored, and one seed always gives
// the same faults.
func TestChaos(t *testing.T) {
	t.Parallel()
	const posts = 300
	run := func(seed uint64) []bool {
		w := newWorldWith(t, jazzhrtest.Options{Seed: seed, CallsPerMinute: -1})
		p := w.person("Ada", "Lovelace", "")
		w.SetChaos(jazzhrtest.Chaos{LoseAnswer: 1.0 / 3})
		for range posts {
			_, _ = w.note(p) // what a caller sees, TestFaultsByAnswer checks
		}
		var lost []bool
		for _, write := range w.Writes() {
			lost = append(lost, write.Lost)
		}
		return lost
	}
	first := run(7)
	if len(first) != posts {
		t.Fatalf("%d of %d writes applied", len(first), posts)
	}
	lost := 0
	for _, l := range first {
		if l {
			lost++
		}
	}
	if lost < posts/4 || lost > posts*5/12 {
		t.Errorf("%d of %d answers lost", lost, posts)
	}
	if !slices.Equal(first, run(7)) {
		t.Error("one seed gave two courses")
	}
	if slices.Equal(first, run(8)) {
		t.Error("two seeds gave one course")
	}
}

func TestChaosOfEachKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	stored := func() int { return len(w.acct.Notes(p.ID)) }

	w.SetChaos(jazzhrtest.Chaos{DropBefore: 1})
	if _, err := w.note(p); err == nil || stored() != 0 {
		t.Errorf("dropped: %v, %d notes", err, stored())
	}
	w.SetChaos(jazzhrtest.Chaos{ApplyLate: 1, LateBy: 1})
	if _, err := w.note(p); err == nil {
		t.Error("late: answered")
	}
	if err := w.Wait(w.context(), func() bool { return stored() == 1 }); err != nil {
		t.Error(err)
	}
	w.SetChaos(jazzhrtest.Chaos{ShowLate: 1})
	if _, err := w.note(p); err != nil || stored() != 2 {
		t.Errorf("hidden: %v, %d notes", err, stored())
	}
	if n := len(anyRows(w.object(w.get("/applicants/" + p.ID))["comments"])); n != 1 {
		t.Errorf("%d notes shown", n)
	}
	w.SetChaos(jazzhrtest.Chaos{RateLimit: 1})
	wantStatus(t, w.get("/jobs"), 429)
	w.SetChaos(jazzhrtest.Chaos{FailRead: 1})
	if a, err := w.try("GET", "/jobs", nil); err == nil && a.body == "[]" {
		t.Error("the read went well")
	}
	w.SetChaos(jazzhrtest.Chaos{})
	wantStatus(t, w.get("/jobs"), 200)
}
