package queue_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// TestNoteContent holds that what a tenant wants in its notes is settled when a writeback is accepted, and that the same
// writeback is the same under other settings.
func TestNoteContent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tenant := f.tenant(t)
	score, scale := 4.0, 5.0
	full := func(interview string) queue.Writeback {
		w := writeback(interview)
		w.Note = queue.Note{
			Score: &score, Scale: &scale, Summary: "Well spoken.", URL: "https://intrvio.example/1",
			Transcript: strings.Repeat("Q: What do you know of me?\n", 900), // more than one note takes
		}
		return w
	}
	note := func(interview string) (text string, parts int) {
		t.Helper()
		id := one[string](t, f, "SELECT writeback_id::text FROM jazzhr.writebacks WHERE interview_id = $1", interview)
		parts = one[int](t, f, "SELECT count(*) FROM jazzhr.steps WHERE writeback_id = $1 AND kind = 'write_notes'", id)
		rows, err := gen.New().ListWritebacks(t.Context(), f.Pool, gen.ListWritebacksParams{TenantID: tenant, InterviewID: &interview, MaxRows: 1})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := queue.NoteOf(rows[0])
		if err != nil {
			t.Fatal(err)
		}
		return stored.Part(1, "IV-1"), parts
	}

	first := f.mustEnqueue(t, tenant, full("before"))
	f.change(t, tenant, "note_transcript = false", "note_link = false")
	f.mustEnqueue(t, tenant, full("short"))
	f.change(t, tenant, "note_score = false", "note_summary = false")
	f.mustEnqueue(t, tenant, full("nothing"))

	if text, parts := note("before"); parts != 3 || !strings.Contains(text, "Transcript") || !strings.Contains(text, "https://intrvio.example/1") {
		t.Errorf("before the change %d notes, the first %.200s", parts, text)
	}
	if text, parts := note("short"); parts != 1 || text != "Intrvio interview [IV-1]\n\nScore: 4 of 5\n\nSummary: Well spoken.\n\n[IV-1]" {
		t.Errorf("after it %d notes, the first %s", parts, text)
	}
	if text, parts := note("nothing"); parts != 1 || text != "Intrvio interview [IV-1]\n\nThe interview was held. Its result is in Intrvio.\n\n[IV-1]" {
		t.Errorf("with nothing wanted %d notes, the first %s", parts, text)
	}
	// What is not written is not kept either.
	if kept := one[int](t, f, "SELECT count(*) FROM jazzhr.writebacks w WHERE strpos(w::text, 'do you know of me') > 0"); kept != 1 {
		t.Errorf("%d transcripts are kept", kept)
	}
	if again, created, err := f.enqueue(t, tenant, full("before")); again != first || created || err != nil {
		t.Errorf("the same under other settings is %s, created %v, error %v", again, created, err)
	}
	if kinds := all[string](t, f, "SELECT DISTINCT kind FROM jazzhr.river_job ORDER BY 1"); !slices.Equal(kinds, []string{"create_applicant"}) {
		t.Errorf("the jobs are %q", kinds)
	}
}
