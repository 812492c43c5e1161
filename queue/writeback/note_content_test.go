package writeback_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// TestNoteContent checks that the content of a note is decided when its writeback is enqueued, and
// that the same writeback is still the same under other settings.
func TestNoteContent(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	tenant := f.Tenant(t)
	score, scale := 4.0, 5.0
	full := func(interview string) writeback.Writeback {
		w := queuetest.Writeback(interview)
		w.Note = writeback.Note{
			Score: &score, Scale: &scale, Summary: "Well spoken.", URL: "https://intrvio.example/1",
			Transcript: strings.Repeat("Q: What do you know of me?\n", 900), // more than one note takes
		}
		return w
	}
	first := f.MustEnqueue(t, tenant, full("before"))
	f.Change(t, tenant, "note_transcript = false", "note_link = false")
	f.MustEnqueue(t, tenant, full("short"))
	f.Change(t, tenant, "note_score = false", "note_summary = false")
	f.MustEnqueue(t, tenant, full("nothing"))

	text, parts := storedNote(t, f, tenant, "before")
	if parts != 3 || !strings.Contains(text, "Transcript") || !strings.Contains(text, "https://intrvio.example/1") {
		t.Errorf("before the change %d notes, the first %.200s", parts, text)
	}
	text, parts = storedNote(t, f, tenant, "short")
	if parts != 1 || text != "Intrvio interview [IV-1]\n\nScore: 4 of 5\n\nSummary: Well spoken.\n\n[IV-1]" {
		t.Errorf("after it %d notes, the first %s", parts, text)
	}
	text, parts = storedNote(t, f, tenant, "nothing")
	if parts != 1 || text != "Intrvio interview [IV-1]\n\nThe interview was held. Its result is in Intrvio.\n\n[IV-1]" {
		t.Errorf("with nothing wanted %d notes, the first %s", parts, text)
	}
	// What is not written is not kept either.
	kept := queuetest.One[int](t, f,
		"SELECT count(*) FROM jazzhr.writebacks w WHERE strpos(w::text, 'do you know of me') > 0")
	if kept != 1 {
		t.Errorf("%d transcripts are kept", kept)
	}
	if again, created, err := f.Enqueue(t, tenant, full("before")); again != first || created || err != nil {
		t.Errorf("the same under other settings is %s, created %v, error %v", again, created, err)
	}
	kinds := queuetest.All[string](t, f, "SELECT DISTINCT kind FROM jazzhr.river_job ORDER BY 1")
	if !slices.Equal(kinds, []string{"create_applicant"}) {
		t.Errorf("the jobs are %q", kinds)
	}
}

// storedNote returns the first part of the note of an interview's writeback, and how many parts it
// has.
func storedNote(
	t *testing.T, f *queuetest.Fixture, tenant uuid.UUID, interview string,
) (text string, parts int) {
	t.Helper()
	id := queuetest.One[string](t, f,
		"SELECT writeback_id::text FROM jazzhr.writebacks WHERE interview_id = $1", interview)
	parts = queuetest.One[int](t, f,
		"SELECT count(*) FROM jazzhr.steps WHERE writeback_id = $1 AND kind = 'write_notes'", id)
	rows, err := gen.New().ListWritebacks(t.Context(), f.Pool, gen.ListWritebacksParams{
		TenantID: tenant, InterviewID: &interview, MaxRows: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := writeback.StoredNote(rows[0])
	if err != nil {
		t.Fatal(err)
	}
	return stored.Part(1, "IV-1"), parts
}
