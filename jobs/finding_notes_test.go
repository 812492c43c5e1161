package jobs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// TestFindingNoteCut writes to an account that cuts notes: the rest of the first is written as a
// further note once it was read back, the next is split shorter, and nothing is done twice.
func TestFindingNoteCut(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.CommentLimit = 5000 })
	transcript := strings.Repeat("A line of an interview that goes on. ", 240)
	tell := func(interview string) {
		t.Helper()
		c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
			InterviewID: interview, Candidate: writeback.Candidate{ID: "c-1", ApplicantID: ada.ID},
			Note: writeback.Note{Transcript: transcript},
		}))
	}
	shown := func() (text string) {
		for _, n := range c.account.Notes(ada.ID) {
			text += string([]rune(n.Text)[:min(5000, len([]rune(n.Text)))])
		}
		return text
	}
	tell("i-1")
	lines := strings.Count(shown(), "goes on.")
	for range 2 { // the second changes nothing
		c.readBack("cut")
	}
	c.attempted(2, "write_notes", queue.StateDone)
	if got := strings.Count(shown(), "goes on."); lines >= 240 || got < 239 { // one may be cut in two
		t.Errorf("%d of 240 lines shown, then %d", lines, got)
	}
	before := len(c.account.Notes(ada.ID))
	tell("i-2")
	if got := len(c.account.Notes(ada.ID)) - before; before != 2 || got != 2 {
		t.Errorf("%d notes, then %d more", before, got)
	}
	for _, n := range c.account.Notes(ada.ID)[1:] {
		if got := len([]rune(n.Text)); got > 5000 {
			t.Errorf("a note of %d characters", got)
		}
	}
}

// readBack reads the first note of the customer back.
func (c *customer) readBack(outcome string) {
	c.t.Helper()
	args := queue.ReadNoteBack{TenantID: c.id, Part: 1}
	c.scan(`SELECT writeback_id FROM jazzhr.writebacks WHERE tenant_id = $1 ORDER BY writeback_id LIMIT 1`, []any{c.id}, &args.WritebackID)
	job := c.insert(args)
	c.logged(1, func(e entry) bool { return e.Message == "job" && e.JobID == job && e.Outcome == outcome }, "note read back as "+outcome)
}

// TestFindingNotesHidden has an account show no notes: after three, none is looked for by itself.
func TestFindingNotesHidden(t *testing.T) {
	t.Parallel()
	c := newWorld(t).customer("acme").verified()
	ada := c.person("Ada", "Lovelace", "ada@example.com")
	c.account.Configure(func(s *jazzhrtest.Settings) { s.Comments = jazzhrtest.CommentsEmpty })
	count := func() (jobs int) {
		c.scan(`SELECT count(*) FROM jazzhr.river_job WHERE kind = 'read_note_back'`, nil, &jobs)
		return jobs
	}
	due := func(interview string) (more int) {
		before := count()
		c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
			InterviewID: interview, Candidate: writeback.Candidate{ID: "c-1", ApplicantID: ada.ID}, Note: writeback.Note{Summary: "Fine."},
		}))
		return count() - before
	}
	if got := due("i-1"); got != 1 {
		t.Errorf("the first note is read back %d times", got)
	}
	for range 3 {
		c.readBack("hidden")
	}
	for i := range 5 { // all of which could be in the sample, once in ten billion times
		if due(fmt.Sprint("i-", i+2)) == 0 {
			return
		}
	}
	t.Error("each note is read back for ever")
}

// TestFindingNoteForms has accounts do things to notes, one each: what they do is learnt, and the
// notes are whole.
func TestFindingNoteForms(t *testing.T) {
	t.Parallel()
	for form, want := range map[jazzhrtest.NoteForm]string{
		jazzhrtest.NoteAsSent: "whole", jazzhrtest.NoteHTML: "html", jazzhrtest.NoteStripped: "whole",
		jazzhrtest.NoteOneLine: "respaced", jazzhrtest.NoteThreeByte: "whole", jazzhrtest.NoteCurly: "requoted",
	} {
		t.Run(want+" "+string(form), func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).customer("acme").verified()
			ada := c.person("Ada", "Lovelace", "ada@example.com")
			c.account.Configure(func(s *jazzhrtest.Settings) { s.NoteForm = form })
			tell := func(interview string) string {
				c.finish(queue.StateDone, c.enqueue(writeback.Writeback{
					InterviewID: interview, Candidate: writeback.Candidate{ID: "c-1", ApplicantID: ada.ID},
					Note: writeback.Note{Summary: `"Fine" <b>, and she's 😀`},
				}))
				notes := c.account.Notes(ada.ID)
				return notes[len(notes)-1].Text
			}
			if text := tell("i-1"); strings.Contains(text, "😀") || !strings.Contains(text, "[U+1F600]") {
				t.Errorf("written before anything is known: %q", text)
			}
			c.readBack(want)
			_, err := c.account.AddNote(ada.ID, "I agree 😀")
			check(t, err)
			c.readBack(want)
			// What was shown once stays known.
			c.account.Configure(func(s *jazzhrtest.Settings) { s.NoteForm = jazzhrtest.NoteThreeByte })
			c.readBack("whole")
			if text := tell("i-2"); strings.Contains(text, "😀") != (form != jazzhrtest.NoteThreeByte) {
				t.Errorf("written after: %q", text)
			}
		})
	}
}
