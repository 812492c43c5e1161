package jazzhrtest_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

var digits = regexp.MustCompile(`[0-9]+`)

// TestPersonalities holds that any two values meet in an account, and that the first personality is
// an account as it is made.
func TestPersonalities(t *testing.T) {
	t.Parallel()
	open, all := jazzhrtest.AllPairs(), jazzhrtest.Personalities()
	for _, p := range all {
		for _, pair := range p.Pairs() {
			delete(open, pair)
		}
	}
	for pair := range open {
		t.Errorf("no personality has %s", pair)
	}
	var plain jazzhrtest.Settings
	all[0].Configure(&plain, jazzhrtest.Moment{})
	if plain.Outage.Status != 503 || plain.UnknownRoute.Status != 404 {
		t.Errorf("the first is %+v", plain)
	}
	plain.Outage.Status, plain.UnknownRoute.Status = 0, 0
	if plain != (jazzhrtest.Settings{}) {
		t.Errorf("the first is %+v", plain)
	}
}

func TestNameFilters(t *testing.T) {
	t.Parallel()
	const apart, accents, capitals, comma = "Anne  Marie", "Müller", "DELUCA", "O'Neil"
	for name, filter := range map[string]struct {
		jazzhrtest.NameFilter
		finds, misses map[string]string // a part and the last name
	}{
		"plain":       {jazzhrtest.NameFilter{}, map[string]string{"muller": accents, "luca": capitals}, map[string]string{"ONeil": comma, "a m": accents}},
		"bytes":       {jazzhrtest.NameFilter{Collation: jazzhrtest.CollationBytes}, map[string]string{"ller": accents}, map[string]string{"luca": capitals, "muller": accents}},
		"case":        {jazzhrtest.NameFilter{Collation: jazzhrtest.CollationCase}, map[string]string{"luca": capitals}, map[string]string{"muller": accents}},
		"punctuation": {jazzhrtest.NameFilter{Collation: jazzhrtest.CollationPunctuation}, map[string]string{"ONeil": comma, "o'neil": comma}, map[string]string{"annemarie": apart}},
		"whole":       {jazzhrtest.NameFilter{Whole: true, Spaces: true}, map[string]string{"a m": accents, "anne marie": apart}, map[string]string{"ONeil": comma}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.acct.Configure(func(s *jazzhrtest.Settings) { s.NameFilter = filter.NameFilter })
			for _, last := range []string{apart, accents, capitals, comma} {
				w.person("Ada", last, "ada@example.com")
			}
			found := func(part, last string) (found bool) {
				for _, row := range toRows(t, w.get("/applicants/name/"+part).body) {
					found = found || row["last_name"] == last
				}
				return found
			}
			for part, last := range filter.finds {
				if !found(part, last) {
					t.Errorf("%q does not find %s", part, last)
				}
			}
			for part, last := range filter.misses {
				if found(part, last) {
					t.Errorf("%q finds %s", part, last)
				}
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for answers, want := range map[jazzhrtest.Answers]string{
		jazzhrtest.AnswersPlain: `{"comment_id":1}`, jazzhrtest.AnswersWrapped: `[{"comment_id":1}]`, jazzhrtest.AnswersRenamed: `{"id":1}`,
		jazzhrtest.AnswersMore: `{"comment_id":1,"message":"created","warnings":[]}`, jazzhrtest.AnswersEmpty: ``,
	} {
		w := newWorld(t)
		p := w.person("Ada", "Lovelace", "ada@example.com")
		w.acct.Configure(func(s *jazzhrtest.Settings) { s.Answers, s.NumericIDs = answers, true })
		a := w.post("/notes", map[string]any{"applicant_id": p.ID, "contents": "Fine."})
		if got := digits.ReplaceAllString(a.body, "1"); a.status != 200 || got != want {
			t.Errorf("%s: %d %s", answers, a.status, a.body)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for refusal, want := range map[jazzhrtest.Refusal]string{
		{}: `{"_error":"contents was not set"}`, {Form: jazzhrtest.RefusalText}: `"error: contents was not set"`,
		{Form: jazzhrtest.RefusalError, Status: 409}: `{"error":"contents was not set"}`,
	} {
		w := newWorld(t)
		p := w.person("Ada", "Lovelace", "ada@example.com")
		w.acct.Configure(func(s *jazzhrtest.Settings) { s.Refusal = refusal })
		if a := w.post("/notes", map[string]any{"applicant_id": p.ID}); a.status != max(200, refusal.Status) || a.body != want {
			t.Errorf("%v: %d %s", refusal, a.status, a.body)
		}
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	for of, want := range map[jazzhrtest.OutageOf][2]int{
		jazzhrtest.OutageOfAll: {503, 503}, jazzhrtest.OutageOfReads: {503, 200}, jazzhrtest.OutageOfWrites: {200, 503},
	} {
		w := newWorld(t)
		p := w.person("Ada", "Lovelace", "ada@example.com")
		w.acct.Configure(func(s *jazzhrtest.Settings) {
			s.Outage = jazzhrtest.Outage{Until: time.Now().AddDate(1, 0, 0), Of: of, Body: jazzhrtest.BodyError}
		})
		read := w.get("/jobs").status
		written := w.post("/notes", map[string]any{"applicant_id": p.ID, "contents": "Fine."}).status
		if read != want[0] || written != want[1] {
			t.Errorf("an outage of %q: %d, %d", of, read, written)
		}
	}
}

// TestLagOfListOrDetail holds that each may lag the other.
func TestLagOfListOrDetail(t *testing.T) {
	t.Parallel()
	for _, lists := range []bool{true, false} {
		w := newWorld(t)
		w.acct.Configure(func(s *jazzhrtest.Settings) {
			if lists {
				s.ListLag = 24 * time.Hour
			} else {
				s.DetailLag = 24 * time.Hour
			}
		})
		w.post("/applicants", map[string]any{"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"})
		id := w.acct.Applicants()[0].ID
		listed := len(toRows(t, w.get("/applicants").body)) == 1
		detailed := len(w.get("/applicants/"+id).body) > 0
		if listed == lists || detailed != lists {
			t.Errorf("listed %v, detailed %v", listed, detailed)
		}
	}
}
