package console

import (
	"fmt"
	"strings"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// writeback adds a writeback with its steps, the decisions about it and its end.
func (t *timeline) writeback(w writebackStory) {
	notes, steps := 0, []string{}
	for _, step := range w.steps {
		switch {
		case step.Kind == queue.StepWriteNotes:
			notes++
		case step.State != queue.StateSkipped:
			steps = append(steps, strings.ToLower(jobText(step.Kind)[:1])+jobText(step.Kind)[1:])
		}
	}
	note := "write the note"
	if notes > 1 {
		note = fmt.Sprintf("write the note in %d parts", notes)
	}
	which := "Interview " + w.InterviewID
	if w.Revision > 1 {
		which += fmt.Sprintf(", revision %d", w.Revision)
	}
	t.add(&w.CreatedAt, good, "Intrvio sent the result of the interview", which,
		"To do: "+strings.Join(append(steps, note), ", "), idLine("Writeback", w.WritebackID))
	for _, step := range w.steps {
		t.step(step, notes)
	}
	for _, d := range w.decisions {
		words := map[string]string{
			writeback.DecisionAdopt:   "it is " + db.Text(d.RemoteID),
			writeback.DecisionResend:  "it is not there: send it",
			writeback.DecisionAbandon: "give it up",
		}
		t.add(&d.DecidedAt, good, d.DecidedBy+" decided: "+words[d.Decision],
			"The reason for the case: "+meaning(outcome.Writeback, d.Problem))
	}
	switch w.State {
	case queue.StateRejected:
		t.add(w.DoneAt, bad, "The writeback ended rejected", sentence(meaning(outcome.Writeback, db.Text(w.LastError))))
	case queue.StateDone:
		t.add(w.DoneAt, good, "Everything that Intrvio asked for is in JazzHR")
	}
}

// step adds what is known of a step: its first send, and the evidence of how that ended.
func (t *timeline) step(s gen.StoryStepsRow, parts int) {
	thing := stepObject(s.Kind)
	if s.Kind == queue.StepWriteNotes && parts > 1 {
		thing = fmt.Sprintf("part %d of the note", s.Part)
	}
	var sends []string
	if s.Sends != nil && *s.Sends > 0 {
		sends = append(sends, "Sent "+times(*s.Sends)+" in all")
	}
	t.add(s.FirstSentAt, good, sentence(thing)+" was sent to JazzHR", sends...)
	entries := parseEvidence(s.Evidence)
	for _, e := range entries {
		tone, text := evidenceText(e.What, thing)
		if text == "" {
			continue
		}
		t.add(&e.At, tone, text, sentence(e.detailText()), labelled("JazzHR’s id", strings.Join(e.RemoteIDs, ", ")))
	}
	switch {
	case s.State == queue.StateSkipped && s.StartedAt != nil:
		t.add(s.DoneAt, good, sentence(thing)+" was in JazzHR already", labelled("JazzHR’s id", db.Text(s.RemoteID)))
	case s.State == queue.StateDone && len(entries) == 0:
		t.add(s.DoneAt, good, sentence(thing)+" is in JazzHR", labelled("JazzHR’s id", db.Text(s.RemoteID)))
	case s.State == queue.StateRejected && len(entries) == 0:
		why := meaning(outcome.Writeback, db.Text(s.LastError))
		t.add(s.DoneAt, bad, sentence(thing)+" was not written", sentence(why))
	case s.State == queue.StatePending && s.LastError != nil:
		t.add(s.StartedAt, warn, "Work on "+thing+" began", "The last try: "+*s.LastError, triesLine(s.Attempts))
	}
}

// evidenceText says what an entry of evidence about a thing shows. It returns no text for a
// decision, which has an entry of its own on the timeline.
func evidenceText(what, thing string) (tone, string) {
	switch what {
	case "confirmed":
		return good, "JazzHR confirmed " + thing
	case "found":
		return good, sentence(thing) + " was found in JazzHR"
	case "late_answer":
		return good, "JazzHR’s answer about " + thing + " came late: yes"
	case "refused":
		return bad, "JazzHR refused " + thing
	case "not_sent":
		return warn, sentence(thing) + " did not reach JazzHR: nothing was written"
	case "lost":
		return warn, "JazzHR’s answer about " + thing + " was lost"
	case "absent":
		return wait, "JazzHR was read: " + thing + " is not there"
	case "gone":
		return wait, "JazzHR was read: it did not show the applicant"
	case "attention":
		return warn, sentence(thing) + " was left to a person"
	case "reopened":
		return wait, sentence(thing) + " goes on: a write of its kind was confirmed on the account"
	case "replanned":
		return wait, sentence(thing) + " is tried again"
	case "sent":
		return good, sentence(thing) + " was sent"
	default:
		return off, ""
	}
}
