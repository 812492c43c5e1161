package outcome

import (
	"slices"
	"strings"
)

// Subject is the kind of row that has a code. The same code may stand for two kinds: [TwoMatches]
// makes a writeback a case, and ends a webhook.
type Subject string

// The subjects.
const (
	Writeback Subject = "writeback" // writebacks, their steps and their effects
	Webhook   Subject = "webhook"
	StageMove Subject = "stage_move" // a candidate's move to a stage
	Waiting   Subject = "waiting"    // a writeback, webhook or stage move that waits
	Audit     Subject = "audit"
)

// Kind says what a code does to its row.
type Kind string

// The kinds.
const (
	Waits Kind = "waits" // the row goes on by itself
	Case  Kind = "case"  // a person has to decide
	Ended Kind = "ended" // nothing goes on
	Noted Kind = "noted" // the row goes on; the code only guides how
)

// Info explains one code of one subject. It may stand in pages and documents as it is.
type Info struct {
	Code    Code
	Subject Subject
	Kind    Kind
	// Told reports whether Intrvio reads the code, in an event or in the API. Any other code is for
	// operators: in the console, in logs and in tables.
	Told bool
	// Meaning is a clause without a full stop: "the row is a case because" Meaning. For [Waiting]
	// it follows the word "waits".
	Meaning string
	// The others are for cases only. Title names the case in lists. Why says what happened, and why
	// the service does not decide it. Do says what a person can look at and do. [Info.About] fills
	// in what the case is about.
	Title, Why, Do string
}

// thing is the place in a text for what was to be written: "the note".
const thing = "{thing}"

// About returns the explanation with the name of what was to be written, such as "the note", filled
// in.
func (i Info) About(name string) Info {
	fill := strings.NewReplacer(thing, name)
	i.Title, i.Why, i.Do = fill.Replace(i.Title), fill.Replace(i.Why), fill.Replace(i.Do)
	return i
}

// All returns the whole set. A code stands in it once for each of its subjects.
func All() []Info {
	return slices.Concat(
		waits(), writebackCases(), webhookCases(), stageMoveCases(),
		writebackEnds(), webhookEnds(), stageMoveEnds(), auditEnds(),
	)
}

// Of returns the codes of a subject that are of a kind.
func (s Subject) Of(kind Kind) []Info {
	return slices.DeleteFunc(All(), func(i Info) bool { return i.Subject != s || i.Kind != kind })
}

// Find returns the explanation of a subject's code. known is false if the set has none.
func Find(subject Subject, code Code) (info Info, known bool) {
	for _, info := range All() {
		if info.Subject == subject && info.Code == code {
			return info, true
		}
	}
	return Info{}, false
}
