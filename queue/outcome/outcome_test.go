package outcome_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// codes returns the constants of type Code that the source declares, by value.
func codes(t *testing.T) map[outcome.Code][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "outcome.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[outcome.Code][]string{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			constant := spec.(*ast.ValueSpec)
			if typed, ok := constant.Type.(*ast.Ident); !ok || typed.Name != "Code" {
				t.Errorf("%s has not the type Code", constant.Names[0].Name)
			}
			value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared[outcome.Code(value)] = append(declared[outcome.Code(value)], constant.Names[0].Name)
		}
	}
	return declared
}

// TestSetIsComplete holds that every constant stands in the set, once for each of its subjects, and
// that the set holds nothing else.
func TestSetIsComplete(t *testing.T) {
	t.Parallel()
	type key struct {
		subject outcome.Subject
		code    outcome.Code
	}
	seen := map[key]int{}
	entries := map[outcome.Code]int{}
	for _, info := range outcome.All() {
		seen[key{info.Subject, info.Code}]++
		entries[info.Code]++
	}
	for k, n := range seen {
		if n != 1 {
			t.Errorf("%s of %s stands %d times in the set", k.code, k.subject, n)
		}
		if info, known := outcome.Find(k.subject, k.code); !known || info.Code != k.code || info.Subject != k.subject {
			t.Errorf("Find(%s, %s) gives %+v", k.subject, k.code, info)
		}
	}
	declared := codes(t)
	if len(declared) == 0 {
		t.Fatal("no constants found")
	}
	for code, names := range declared {
		if entries[code] < len(names) { // two constants of one value are of two subjects
			t.Errorf("%s: %d entries in the set for %v", code, entries[code], names)
		}
	}
	for code := range entries {
		if declared[code] == nil {
			t.Errorf("%s is in the set and no constant", code)
		}
	}
	if _, known := outcome.Find(outcome.Audit, outcome.TwoMatches); known {
		t.Error("a code is found for a subject that never has it")
	}
}

// TestTexts holds that no text is empty, and that each has the form in which it is used.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, info := range outcome.All() {
		name := string(info.Subject) + " " + string(info.Code)
		if info.Subject == "" || info.Kind == "" {
			t.Errorf("%s: subject %q, kind %q", name, info.Subject, info.Kind)
		}
		if info.Meaning == "" || strings.HasSuffix(info.Meaning, ".") || strings.Contains(info.Meaning, "{") {
			t.Errorf("%s: the meaning is no clause: %q", name, info.Meaning)
		}
		texts := info.Title + info.Why + info.Do
		if info.Kind != outcome.Case {
			if texts != "" {
				t.Errorf("%s is no case, and is explained as one: %q", name, texts)
			}
			continue
		}
		if info.Title == "" || strings.HasSuffix(info.Title, ".") {
			t.Errorf("%s: title %q", name, info.Title)
		}
		for _, text := range []string{info.Why, info.Do} {
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "  ") {
				t.Errorf("%s: no sentence: %q", name, text)
			}
		}
		about := info.About("the note")
		if shown := about.Title + about.Why + about.Do; strings.ContainsAny(shown, "{}") {
			t.Errorf("%s: a place is not filled in: %q", name, shown)
		}
	}
}

// TestSubjects holds which codes a subject has, of each kind.
func TestSubjects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		subject outcome.Subject
		kind    outcome.Kind
		code    outcome.Code
		has     bool
	}{
		{outcome.Webhook, outcome.Case, outcome.Unreadable, true},
		{outcome.Writeback, outcome.Case, outcome.Unreadable, false},
		{outcome.Writeback, outcome.Case, outcome.JazzHRUnreadable, true},
		{outcome.Webhook, outcome.Ended, outcome.TwoMatches, true},
		{outcome.Waiting, outcome.Waits, outcome.WaitsPaused, true},
		{outcome.Audit, outcome.Ended, outcome.StoppedByPause, true},
	} {
		has := false
		for _, info := range test.subject.Of(test.kind) {
			has = has || info.Code == test.code
		}
		if has != test.has {
			t.Errorf("%s %s has %s: %v", test.subject, test.kind, test.code, has)
		}
	}
}
