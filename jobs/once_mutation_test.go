package jobs_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var worldMutations = flag.Bool("world.mutations", false, "break the ledger in each of the known ways, and see the world find it within -world.seeds")

// mutation is a way to break the ledger: each old text is replaced by the new one.
type mutation struct {
	file     string // from the module's root
	old, new string
}

// broken is a ledger that is broken in one way.
type broken struct {
	by []mutation
	at boundary // where it shows: only seeds that strike there are run; empty if it shows anywhere
}

// mutations are ways to break what "once" rests on. The world has to find each.
func mutations() map[string]broken {
	return map[string]broken{
		"drop the quiet period": {at: lateApply, by: []mutation{
			{"jobs/ledger/decide.go", "quietUntil := e.notAfter.Add(p.quiet)", "quietUntil := e.notAfter"},
		}},
		"skip the intent commit": {by: []mutation{
			{"jobs/ledger/transition.go", "tx.Q.BeginSend(ctx, tx, gen.BeginSendParams{", "func(gen.BeginSendParams) (any, error) { return nil, nil }(gen.BeginSendParams{"},
			{"jobs/ledger/send.go", "present := row.SendToken != nil && *row.SendToken == result.token; !present", "present := true; !present"},
		}},
		"take a timeout for a failure": {at: lostTimeout, by: []mutation{
			{"jobs/ledger/send.go", "case jazzhr.Unavailable, jazzhr.Unknown:\n", "case jazzhr.Unavailable, jazzhr.Unknown:\n\t\treturn answerNever\n"},
		}},
		"compare by name only": {by: []mutation{
			{"jobs/work/person.go", "case slices.Contains(s.Emails, person.Email):", "case slices.Contains(s.Emails, person.Email) || true:"},
		}},
		"take whoever has the email": {by: []mutation{
			{"jobs/work/person.go", "case s.fits(person.FoldedName):", "case s.fits(person.FoldedName) || true:"},
		}},
		"refuse a note for want of a route": {by: []mutation{
			{"jazzhr/classify.go", "case t.does == writeNote && (", "case t.does == writeNote && message == \"\" && ("},
			{"jazzhr/classify.go", "t.does == linkApplicant\n", "t.does != createApplicant\n"},
		}},
		"refuse by a 5xx": {at: lost500, by: []mutation{
			{"jazzhr/classify.go", "return r.succeeded() || refusals[r.status]", "return r.succeeded() || r.status >= 500 || refusals[r.status]"},
		}},
		"create beside somebody without details": {by: []mutation{
			{"jobs/work/person.go", "f.Unreadable = append(f.Unreadable, l.id)", ""},
		}},
		"believe a clock that steps": {at: clockStep, by: []mutation{
			{"queue/clock.go", "case passed > most+clockTolerance:", "case passed > most+clockTolerance && false:"},
		}},
		"ask a person after three sends": {by: []mutation{
			{"jobs/ledger/decide.go", "case now.Sub(e.sentAt) > sendFor:", "case now.Sub(e.sentAt) > 0:"},
			{"jobs/breaker/breaker.go", "if s, _ := b.last(kind); !s.open() {", "if true {"},
		}},
		"search for a name as it is written": {by: []mutation{
			{"jazzhr/name.go", "return withoutPrefix(run)", "return cmp.Or(last, run)"},
		}},
		"compare emails as they are written": {by: []mutation{
			{"jobs/work/person.go", "jazzhr.NormalizeEmail(detail.Email)", "detail.Email"},
		}},
		"make an applicant for a revision": {by: []mutation{
			{"jobs/ledger/create.go", "if id != \"\" {", "if id == \"none\" {"},
		}},
		"write notes as they are": {by: []mutation{
			{"queue/writeback/enqueue.go", ".Fit(KeptOf(owner))", ""},
		}},
		"let the reaper reset sending": {at: killed, by: []mutation{
			{
				"queue/node.go", "if err := q.SystemDropLeader(ctx, tx, dead); err != nil {",
				"if _, err := tx.Exec(ctx, \"UPDATE jazzhr.effects SET state = 'planned', sends = 0, send_token = NULL WHERE state IN ('sending', 'unknown')\"); err != nil {\n\t\t\t\treturn err\n\t\t\t}\n\t\t\tif err := q.SystemDropLeader(ctx, tx, dead); err != nil {",
			},
		}},
	}
}

// ended is what a run of the world prints last.
var ended = regexp.MustCompile(`world: (\d+) seeds.*`)

// TestWorldFindsMutations is the test of the world: broken in each of the ways, the ledger doubles
// or loses within so many seeds, of which it runs those that strike where the way shows. Without
// -world.mutations, since that takes minutes, it only holds that each way can still be gone.
func TestWorldFindsMutations(t *testing.T) {
	t.Parallel()
	for name, way := range mutations() {
		overlay := overlayOf(t, way.by)
		if !*worldMutations {
			continue
		}
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			world := exec.CommandContext(ctx, "go", "test", "-vet=off", "-count=1", "-overlay", overlay, "-run", "^TestWorld$", ".",
				"-args", "-world.seeds", worldSeedsText(), "-world.at", string(way.at))
			out, err := world.CombinedOutput()
			switch text := string(out); {
			case err == nil:
				t.Errorf("the world finds nothing: %s", ended.FindString(text))
			case !strings.Contains(text, "--- FAIL: TestWorld/seed="):
				t.Errorf("no world was run: %v\n%.2000s", err, text)
			default:
				t.Logf("found: %s\n%s", ended.FindString(text), finding(text))
			}
		})
	}
}

func worldSeedsText() string { return flag.Lookup("world.seeds").Value.String() }

// finding is the first thing that the checker said.
func finding(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "once_world_test.go") && !strings.Contains(line, "ended, since") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// overlayOf writes the changed files, and what has the compiler read them in place of the true
// ones.
func overlayOf(t *testing.T, changes []mutation) (path string) {
	t.Helper()
	root, err := filepath.Abs("..")
	check(t, err)
	dir, texts := t.TempDir(), map[string]string{}
	for _, m := range changes {
		file := filepath.Join(root, filepath.FromSlash(m.file))
		if texts[file] == "" {
			raw, err := os.ReadFile(file)
			check(t, err)
			texts[file] = string(raw)
		}
		if strings.Count(texts[file], m.old) != 1 {
			t.Fatalf("%s does not hold this once any more: mend the mutation\n%s", m.file, m.old)
		}
		texts[file] = strings.Replace(texts[file], m.old, m.new, 1)
	}
	replace := map[string]string{}
	for file, text := range texts {
		replace[file] = filepath.Join(dir, filepath.Base(file))
		check(t, os.WriteFile(replace[file], []byte(text), 0o600))
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	check(t, err)
	path = filepath.Join(dir, "overlay.json")
	check(t, os.WriteFile(path, raw, 0o600))
	return path
}
