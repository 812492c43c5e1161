package ledger

import (
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
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

const (
	// promptSends is how often an effect is sent as soon as it is known to be absent. After that the
	// waits grow: JazzHR takes nothing at the moment.
	promptSends = 3
	// goneFor is for how many quiet periods a read that found the applicant gone counts.
	goneFor = 4
	// firstResendWait is the first of these waits, in quiet periods. Each is double the one before.
	firstResendWait = 5
	maxResendWait   = 6 * time.Hour
	// sendFor is how long an effect is sent. What is absent after that becomes a case.
	sendFor = 3 * 24 * time.Hour
)

// effect is what a ledger row says to a decision.
type effect struct {
	kind     string
	state    string
	mine     bool // the writeback at hand sent it last
	sends    int
	notAfter time.Time // of the last send
	sentAt   time.Time // when the first send began
	// absentReads is how many reads since the quiet period found nothing, and absentAt when the
	// last did.
	absentReads int
	absentAt    time.Time
	goneAt      time.Time // when a read last found its applicant gone; zero if none did
	refused     bool      // JazzHR said no to the last send
	lookFirst   bool      // what it is to make may be there already
	// distrusted is since when the ledger may have forgotten sends, and JazzHR may know more than
	// the row; zero if it is trusted.
	distrusted time.Time
	// namesDecided says that a person has decided that the one who has the email under another name
	// is somebody else.
	namesDecided bool
	young        bool // its applicant was made so lately that JazzHR may not show it or take writes to it yet
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
	otherName            // somebody of another name has the email
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

// actionKind is what is to be done next.
type actionKind int

const (
	actionAdvance     actionKind = iota // it is done: the next step
	actionLook                          // read JazzHR for it
	actionControl                       // read a confirmed write back
	actionSend                          // write it
	actionAdopt                         // what was found is it
	actionLose                          // the send's time is over and no answer known: unknown
	actionCountAbsent                   // remember that it was not there, and wait for the next read
	actionWait                          // until
	actionRetry                         // JazzHR gave no usable answer: ask again after a backoff
	actionCountGone                     // remember that its applicant was not there, and wait for the next read
	actionRetarget                      // find the applicant again
	actionReject                        // it will not be done, by JazzHR's word
	actionReplan                        // another's refusal does not bind this one
	actionForget                        // the refusal may have been of a moment: plan it anew, and wait until
	actionCase                          // problem says why
)

// action is what is to be done next about an effect.
type action struct {
	kind    actionKind
	until   time.Time    // of actionWait, actionCountAbsent, actionCountGone and actionForget
	effect  *uuid.UUID   // of actionWait: another one, whose end ends the wait
	id      string       // of actionAdopt: JazzHR's id
	problem outcome.Code // of actionCase
}

// pace is how long the ledger waits.
type pace struct {
	quiet  time.Duration // from a send's not_after until absence is looked for
	reread time.Duration // between the two reads that find nothing
}

// decide says what is next for an effect. seen is what was read since the row was last loaded, nil
// if nothing was.
func decide(e effect, seen *reading, c control, now time.Time, p pace) action {
	switch e.state {
	case stateDone:
		return action{kind: actionAdvance}
	case stateAttention:
		return action{kind: actionCase}
	case stateRejected:
		if e.mine {
			return action{kind: actionReject}
		}
		return action{kind: actionReplan}
	case stateSending:
		if now.Before(e.notAfter) {
			return action{kind: actionWait, until: e.notAfter}
		}
		return action{kind: actionLose}
	case stateUnknown:
		return decideUnknown(e, seen, c, now, p)
	default:
		return decidePlanned(e, seen, c, now, p)
	}
}

func decidePlanned(e effect, seen *reading, c control, now time.Time, p pace) action {
	if seen == nil {
		if quietUntil := e.distrusted.Add(p.quiet); now.Before(quietUntil) {
			return action{kind: actionWait, until: quietUntil}
		}
		if e.lookFirst || e.sends > 0 || !e.distrusted.IsZero() {
			return action{kind: actionLook}
		}
		return action{kind: actionSend}
	}
	if seen.result == otherName && e.namesDecided {
		seen = &reading{result: absent}
	}
	switch {
	case seen.result == absent:
		if !e.distrusted.IsZero() && c != controlSeen {
			return decideUncontrolled(c, now, p)
		}
		return decideAbsent(e, now, p)
	case seen.result == found && e.kind == work.EffectLink:
		// However often the pair stands there, it is linked.
		return action{kind: actionAdopt, id: seen.ids[0]}
	default:
		return decideSeen(e, *seen, now, p)
	}
}

// decideUncontrolled says what follows from absence if no confirmed write of the kind was seen on the
// account.
func decideUncontrolled(c control, now time.Time, p pace) action {
	switch c {
	case controlMissing:
		return action{kind: actionCase, problem: outcome.NoControl}
	case controlUnseen:
		return action{kind: actionCase, problem: outcome.NotVisible}
	case controlYoung:
		return action{kind: actionWait, until: now.Add(p.quiet)}
	default:
		return action{kind: actionControl}
	}
}

func decideUnknown(e effect, seen *reading, c control, now time.Time, p pace) action {
	quietUntil := e.notAfter.Add(p.quiet)
	// A refusal is an answer: JazzHR is read at once for what it leaves open.
	if !e.refused && now.Before(quietUntil) {
		return action{kind: actionWait, until: quietUntil}
	}
	if seen == nil {
		if next := e.absentAt.Add(p.reread); e.absentReads > 0 && now.Before(next) {
			return action{kind: actionWait, until: next}
		}
		return action{kind: actionLook}
	}
	if seen.result != absent {
		return decideSeen(e, *seen, now, p)
	}
	if e.refused && e.young {
		return action{kind: actionForget, until: now.Add(p.quiet)}
	}
	if e.refused && now.Before(quietUntil) {
		// Reads lag: they may still show the applicant that was refused.
		return action{kind: actionWait, until: quietUntil}
	}
	if e.refused {
		return action{kind: actionReject}
	}
	switch {
	case c != controlSeen:
		return decideUncontrolled(c, now, p)
	case e.absentReads == 0:
		return action{kind: actionCountAbsent, until: now.Add(p.reread)}
	default:
		return decideAbsent(e, now, p)
	}
}

// decideAbsent says when an effect that is surely absent is sent.
func decideAbsent(e effect, now time.Time, p pace) action {
	switch next := e.notAfter.Add(resendWait(e.sends, p)); {
	case e.sends < promptSends:
		return action{kind: actionSend}
	case now.Sub(e.sentAt) > sendFor:
		return action{kind: actionCase, problem: outcome.NotTaken}
	case now.Before(next):
		return action{kind: actionWait, until: next}
	default:
		return action{kind: actionSend}
	}
}

// resendWait is how long after a send the next one may begin.
func resendWait(sends int, p pace) time.Duration {
	wait := firstResendWait * p.quiet
	for range sends - promptSends {
		if wait *= 2; wait > maxResendWait {
			return maxResendWait
		}
	}
	return min(wait, maxResendWait)
}

// decideSeen says what follows from any reading but absence, in every state of the row.
func decideSeen(e effect, seen reading, now time.Time, p pace) action {
	switch seen.result {
	case found:
		if len(seen.ids) == 1 {
			return action{kind: actionAdopt, id: seen.ids[0]}
		}
		return action{kind: actionCase, problem: outcome.TwoMatches}
	case notComparable:
		return action{kind: actionCase, problem: outcome.NotComparable}
	case namesakes:
		return action{kind: actionCase, problem: outcome.TooManyMatches}
	case otherName:
		return action{kind: actionCase, problem: outcome.OtherName}
	case gone:
		return decideGone(e, now, p)
	default:
		return action{kind: actionRetry}
	}
}

// decideGone says what follows from an applicant that was not there: one read may fail to show who is
// there, so two have to.
func decideGone(e effect, now time.Time, p pace) action {
	next := e.goneAt.Add(p.reread)
	switch {
	case e.young:
		return action{kind: actionRetry}
	case now.Sub(e.goneAt) > goneFor*p.quiet:
		return action{kind: actionCountGone, until: now.Add(p.reread)}
	case now.Before(next):
		return action{kind: actionWait, until: next}
	default:
		return action{kind: actionRetarget}
	}
}
