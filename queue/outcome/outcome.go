// Package outcome says why a row of work waits, needs a person, or ended: [All] is the whole set,
// each code with its meaning and what a person can do. Go code takes the codes from here, and the
// console and the documentation take the texts too.
package outcome

// Code names an outcome. Codes stand in the database, in events and in the API; they never change
// their meaning.
type Code string

// Column returns the code as a column that may be null stores it.
func (c Code) Column() *string {
	if c == "" {
		return nil
	}
	text := string(c)
	return &text
}

// Of returns the code that a column holds, or "" for null.
func Of(column *string) Code {
	if column == nil {
		return ""
	}
	return Code(*column)
}

// Why a row waits, in the column waiting_for.
const (
	WaitsQueue       Code = "queue"        // its turn has not come
	WaitsRateLimit   Code = "rate_limit"   // the tenant's calls to JazzHR are used up
	WaitsPaused      Code = "paused"       // the tenant is paused
	WaitsCredentials Code = "credentials"  // JazzHR refuses the tenant's key
	WaitsOutage      Code = "outage"       // JazzHR as a whole takes no writes
	WaitsSettling    Code = "settling"     // an answer was lost, and the quiet period is not over
	WaitsRetry       Code = "retry"        // JazzHR could not be asked, or does not show it yet
	WaitsEarlierStep Code = "earlier_step" // an earlier step, or an earlier revision of the interview, comes first
	WaitsPerson      Code = "person"       // a person has to decide a case first
)

// Why a writeback is a case.
const (
	TwoMatches          Code = "two_matches"          // more than one thing in JazzHR could be it
	NotComparable       Code = "not_comparable"       // JazzHR does not show enough to tell
	TooManyMatches      Code = "too_many_matches"     // more people have the name than are worth reading
	OtherName           Code = "other_name"           // somebody has the email, under a name that does not fit
	NoControl           Code = "no_control"           // not found, and no write of its kind was confirmed yet
	NotVisible          Code = "not_visible"          // not found, and confirmed writes do not show either
	NotTaken            Code = "not_taken"            // sent for three days, and not found after any send
	ApplicantGone       Code = "applicant_gone"       // merged or deleted, and not found again by name and email
	ApplicantUnresolved Code = "applicant_unresolved" // not found, and must not be created
	JazzHRUnreadable    Code = "jazzhr_unreadable"    // JazzHR could not be read for three days
)

// KeepsFailing says that the work failed again and again in the same way, for a reason of its own. It
// makes a writeback, a webhook or a move to a stage a case.
const KeepsFailing Code = "keeps_failing"

// Why a writeback ended rejected. What JazzHR itself says when it refuses is text, not a code.
const (
	Disconnected Code = "disconnected"  // the tenant was disconnected before it was done
	Abandoned    Code = "abandoned"     // a person gave it up
	StepRejected Code = "step_rejected" // JazzHR refused one of its steps
	JobNotFound  Code = "job_not_found" // JazzHR has no job with the board code
)

// Why a webhook is a case. [JazzHRUnreadable] makes it one too.
const (
	Unreadable Code = "unreadable" // rightly signed, but not the body of an event that is known
	Conflict   Code = "conflict"   // other content under an X-JazzHR-UUID that was used before
)

// Why an export ended without its person, as [TwoMatches] and [Disconnected] say too.
const (
	NoNameOrEmail Code = "no_name_or_email" // the webhook gave nothing to look for
	NotFound      Code = "not_found"        // nobody of the name has the email
)

// What came of a move to a stage. [Abandoned] and [Disconnected] end a move too.
const (
	Requested      Code = "requested"       // it asked for the interview
	Matched        Code = "matched"         // the export of the same move had asked for it
	Repeated       Code = "repeated"        // an interview requested in the last 3 hours still waits for its writeback
	TriggerRemoved Code = "trigger_removed" // the trigger was removed after the move was seen
	OtherJob       Code = "other_job"       // the trigger is for other jobs
	Gone           Code = "gone"            // the applicant was merged or deleted
)

// AnswerWithoutID says that JazzHR answered 200 to a note, without an id. It decides which route
// for notes the account has. No person sees it as a reason.
const AnswerWithoutID Code = "answer_without_id"

// Why the reading of a whole account stopped. [WaitsCredentials], [WaitsRetry] and [Disconnected]
// stop it too.
const (
	StoppedByTime  Code = "time"         // it ran as long as it may
	StoppedByPause Code = "paused"       // the tenant was paused
	NotesHidden    Code = "notes_hidden" // the account does not show notes; the other lists are read on
)
