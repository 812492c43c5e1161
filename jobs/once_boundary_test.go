package jobs_test

import "math/rand/v2"

// boundary is a place in the life of a writeback at which a run can strike.
type boundary string

// The boundaries, in the order in which a writeback comes to them.
const (
	// The database's side of a send.
	beforeIntent  boundary = "before the intent commits"         // the connection is cut: nothing was sent
	afterIntent   boundary = "after the intent committed"        // its commit is applied, and the committer never hears
	stallSend     boundary = "stalled between intent and send"   // past the deadline; the job runs again elsewhere meanwhile
	stallStore    boundary = "stalled between answer and ledger" // likewise: a zombie wakes with an answer
	beforeConfirm boundary = "before the confirming commit"      // cut
	afterConfirm  boundary = "after the confirming commit"       // applied, and the committer never hears

	// What becomes of a POST at JazzHR.
	neverClosed   boundary = "never applied, closed" // before the first byte is read
	neverTimeout  boundary = "never applied, timeout"
	never503      boundary = "never applied, 503"
	tooMany       boundary = "never applied, 429"
	lostClosed    boundary = "applied, answer closed"
	lost500       boundary = "applied, answer 500"
	lostHTML      boundary = "applied, answer 502 with HTML"
	lostTimeout   boundary = "applied, timeout"
	lostTruncated boundary = "applied, answer truncated"
	lostCut       boundary = "applied, cut while the answer is read"
	lostShape     boundary = "applied, answer of another shape"
	lateApply     boundary = "applied late"                           // after its sender was told nothing, before the quiet period ends
	stoppedSender boundary = "sender stopped between check and write" // its bytes come late, before the quiet period ends
	shownLate     boundary = "shown late"                             // reads lag this write, by less than the quiet period

	// What becomes of a GET.
	failedRead boundary = "read failed"

	// Around the jobs.
	runTwice    boundary = "the same job run twice at once"
	jobDeleted  boundary = "job deleted in River's table"
	mergedAway  boundary = "applicant merged away between steps"
	hidden      boundary = "account hides or shortens notes"
	laggingRead boundary = "all reads lag writes"
	twoAtOnce   boundary = "two interviews of one person at once"

	// Around the processes.
	cutBackends boundary = "all connections ended by the server"
	crashed     boundary = "Postgres restarted in immediate mode"
	killed      boundary = "runner killed"
	exhausted   boundary = "connection pool exhausted"
	clockStep   boundary = "the database's clock stepped"
	restored    boundary = "database restored to a minute ago"
)

// boundaries lists them all.
func boundaries() []boundary {
	return []boundary{
		beforeIntent, afterIntent, stallSend, stallStore, beforeConfirm, afterConfirm,
		neverClosed, neverTimeout, never503, tooMany, lostClosed, lost500, lostHTML, lostTimeout, lostTruncated, lostCut, lostShape,
		lateApply, stoppedSender, shownLate, failedRead,
		runTwice, jobDeleted, mergedAway, hidden, laggingRead, twoAtOnce,
		cutBackends, crashed, killed, exhausted, clockStep, restored,
	}
}

// atPost are the boundaries that one POST can come to at JazzHR; the first that is drawn is the
// one.
func atPost() []boundary {
	return []boundary{
		neverClosed, neverTimeout, never503, tooMany, lostClosed, lost500, lostHTML, lostTimeout, lostTruncated, lostCut, lostShape,
		lateApply, stoppedSender, shownLate,
	}
}

// aroundPost are those that strike at some POST of the run, once it has come or once it is applied.
func aroundPost() []boundary {
	return []boundary{runTwice, jobDeleted, mergedAway, cutBackends, crashed, killed, exhausted, clockStep}
}

// plan is which boundaries a run strikes at, and by what chance.
type plan map[boundary]float64

// drawPlan draws a few boundaries: what goes wrong together is then told apart from what goes wrong
// alone.
func drawPlan(r *rand.Rand) plan {
	all, drawn := boundaries(), plan{}
	for range 2 + r.IntN(4) {
		b := all[r.IntN(len(all))]
		if b == crashed && r.IntN(4) > 0 { // needs a server of its own, which takes long to start
			b = cutBackends
		}
		drawn[b] = []float64{0.15, 0.35, 0.7}[r.IntN(3)]
	}
	return drawn
}
