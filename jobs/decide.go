package jobs

import "time"

// The kinds of effect.
const (
	effectCreate = "create_applicant"
	effectLink   = "link_applicant_to_job"
	effectNote   = "write_note"
)

// The states of an effect.
const (
	statePlanned   = "planned"
	stateSending   = "sending"
	stateUnknown   = "unknown"
	stateDone      = "done"
	stateRejected  = "rejected"
	stateAttention = "attention"
)

// maxSends is how often a row is sent at most: what stayed absent after three sends is for a person.
const maxSends = 3

// Why an effect is with a person.
const (
	problemTwoMatches    = "two_matches"      // more than one thing in JazzHR could be it
	problemNotComparable = "not_comparable"   // something could be it, and JazzHR does not show enough to tell
	problemNamesakes     = "too_many_matches" // more people of the name than are worth reading
	problemNoControl     = "no_control"       // absent, but nothing of its kind has ever been seen on the account
	problemHidden        = "not_visible"      // absent, and the account does not show confirmed writes either
	problemSentThrice    = "sent_three_times" // still absent
	problemTargetGone    = "applicant_gone"   // merged or deleted, and not found again by email
	problemUnresolved    = "applicant_unresolved"
	problemUnreadable    = "unreadable" // JazzHR could not be read for three days
)

// effect is what a ledger row says to a decision.
type effect struct {
	kind     string
	state    string
	mine     bool // the writeback at hand sent it last
	sends    int
	notAfter time.Time // of the last send
	// absentReads is how many reads since the quiet period found nothing, and absentAt when the last did.
	absentReads int
	absentAt    time.Time
	refused     bool // JazzHR said no to the last send
	lookFirst   bool // what it is to make may be there already
	// distrusted is since when the ledger may have forgotten sends, and JazzHR may know more than the row; zero if it is trusted.
	distrusted time.Time
	young      bool // its applicant was made so lately that JazzHR may not show it or take writes to it yet
}

// reading is what JazzHR showed.
type reading struct {
	result result
	ids    []string // of what was found
}

type result int

const (
	absent        result = iota
	found                // ids holds what
	notComparable        // something is there that may or may not be it
	namesakes            // too much is there to tell
	gone                 // what it was to be written on is not there any more
	unreadable           // the answer can't tell: to be read again
)

// control is whether confirmed writes of the kind can be seen on the account.
type control int

const (
	controlUnread  control = iota // not asked yet, or too long ago
	controlSeen                   // a confirmed write was read back
	controlUnseen                 // a confirmed write could not be read back
	controlMissing                // nothing of the kind was ever confirmed
	controlYoung                  // confirmed so lately that reads may not show it yet
)

// deed is what is to be done next.
type deed int

const (
	doAdvance     deed = iota // it is done: the next step
	doLook                    // read JazzHR for it
	doControl                 // read a confirmed write back
	doSend                    // write it
	doAdopt                   // what was found is it
	doLose                    // the send's time is over and no answer known: unknown
	doCountAbsent             // remember that it was not there, and wait for the next read
	doWait                    // until
	doRetry                   // JazzHR gave no usable answer: ask again after a backoff
	doRetarget                // find the applicant again
	doReject                  // it will not be done, by JazzHR's word
	doReplan                  // another's refusal does not bind this one
	doForget                  // the refusal may have been of a moment: plan it anew, and wait until
	doPerson                  // problem says why
)

type action struct {
	do      deed
	until   time.Time
	id      string
	problem string
}

// pace is how long the ledger waits.
type pace struct {
	quiet  time.Duration // from a send's not_after until absence is looked for
	reread time.Duration // between the two reads that find nothing
}

// decide says what is next for an effect. seen is what was read since the row was last loaded, nil if nothing was.
func decide(e effect, seen *reading, c control, now time.Time, p pace) action {
	switch e.state {
	case stateDone:
		return action{do: doAdvance}
	case stateAttention:
		return action{do: doPerson}
	case stateRejected:
		if e.mine {
			return action{do: doReject}
		}
		return action{do: doReplan}
	case stateSending:
		if now.Before(e.notAfter) {
			return action{do: doWait, until: e.notAfter}
		}
		return action{do: doLose}
	case stateUnknown:
		return decideUnknown(e, seen, c, now, p)
	default:
		return decidePlanned(e, seen, c, now, p)
	}
}

func decidePlanned(e effect, seen *reading, c control, now time.Time, p pace) action {
	if seen == nil {
		if quietUntil := e.distrusted.Add(p.quiet); now.Before(quietUntil) {
			return action{do: doWait, until: quietUntil}
		}
		if e.lookFirst || e.sends > 0 || !e.distrusted.IsZero() {
			return action{do: doLook}
		}
		return action{do: doSend}
	}
	switch {
	case seen.result == absent && e.sends >= maxSends:
		return action{do: doPerson, problem: problemSentThrice}
	case seen.result == absent:
		if !e.distrusted.IsZero() && c != controlSeen {
			return decideUncontrolled(c, now, p)
		}
		return action{do: doSend}
	case seen.result == found && e.kind == effectLink:
		// However often the pair stands there, it is linked.
		return action{do: doAdopt, id: seen.ids[0]}
	default:
		return decideSeen(e, *seen)
	}
}

// decideUncontrolled is what follows from absence where no confirmed write of the kind was seen on the account.
func decideUncontrolled(c control, now time.Time, p pace) action {
	switch c {
	case controlMissing:
		return action{do: doPerson, problem: problemNoControl}
	case controlUnseen:
		return action{do: doPerson, problem: problemHidden}
	case controlYoung:
		return action{do: doWait, until: now.Add(p.quiet)}
	default:
		return action{do: doControl}
	}
}

func decideUnknown(e effect, seen *reading, c control, now time.Time, p pace) action {
	quietUntil := e.notAfter.Add(p.quiet)
	// A no is an answer: what it leaves to find out is read at once.
	if !e.refused && now.Before(quietUntil) {
		return action{do: doWait, until: quietUntil}
	}
	if seen == nil {
		if next := e.absentAt.Add(p.reread); e.absentReads > 0 && now.Before(next) {
			return action{do: doWait, until: next}
		}
		return action{do: doLook}
	}
	if seen.result != absent {
		return decideSeen(e, *seen)
	}
	if e.refused && e.young {
		return action{do: doForget, until: now.Add(p.quiet)}
	}
	if e.refused && now.Before(quietUntil) {
		// Reads lag: they may still show the applicant that the no was for.
		return action{do: doWait, until: quietUntil}
	}
	if e.refused {
		return action{do: doReject}
	}
	switch {
	case c != controlSeen:
		return decideUncontrolled(c, now, p)
	case e.absentReads == 0:
		return action{do: doCountAbsent, until: now.Add(p.reread)}
	case e.sends >= maxSends:
		return action{do: doPerson, problem: problemSentThrice}
	default:
		return action{do: doSend}
	}
}

// decideSeen is what follows from anything but absence, whichever state the row is in.
func decideSeen(e effect, seen reading) action {
	switch seen.result {
	case found:
		if len(seen.ids) == 1 {
			return action{do: doAdopt, id: seen.ids[0]}
		}
		return action{do: doPerson, problem: problemTwoMatches}
	case notComparable:
		return action{do: doPerson, problem: problemNotComparable}
	case namesakes:
		return action{do: doPerson, problem: problemNamesakes}
	case gone:
		if e.young {
			return action{do: doRetry}
		}
		return action{do: doRetarget}
	default:
		return action{do: doRetry}
	}
}
