// Package queue is the queue itself: the kinds of jobs and their args, the River client, and what
// says when a piece of work may run (the tick, admission, the call bucket, the list of nodes).
// Whoever only wants to put work in needs one of the packages below it:
//
//	queue/writeback  enqueues an interview's result in your own transaction, and shows what came of it
//	queue/intake     stores JazzHR's webhooks, and has one worked on again
//	queue/outbox     stores the events for Intrvio in the transaction of what they tell
//	queue/outcome    the codes that say why work waits, needs a person, or ended without its result
//	queue/queuetest  a database with tenants and work in it, for tests
//
// The workers are in package jobs. Package queue imports none of them but queue/outcome.
//
// # Rows decide, jobs wake
//
// A piece of work is a row of ours: a writeback, a webhook, a stage entry, an event. A River job
// only wakes a worker for it. Each row that is pending is in one of two places:
//
//	waiting   admitted_at is null, until next_attempt_at and for the reason in waiting_for
//	admitted  a River job exists that will look at the row
//
// An event enters admitted, and so does a webhook whose tenant may work. A writeback does if its
// tenant may work, has fewer than [Share] admitted ones and none that waits. A stage entry enters
// waiting. Work of a tenant that is paused, or whose key is rejected, waits in any case; only its
// events go on.
//
// The tick admits waiting rows. A worker hands its row back to waiting. If the job of a row is gone
// (deleted or cancelled in River UI, discarded, lost with a restore), the tick's sweep releases the
// row within a minute, and it is admitted again.
//
// # One lock order
//
// A transaction that locks more than one of these takes them in this order, so that no two
// transactions wait for each other:
//
//  1. the tenant: FOR UPDATE to connect or disconnect it, FOR NO KEY UPDATE to change it, FOR KEY
//     SHARE to put in work, to decide about a case, to ask for an interview or to compare with the
//     mirror of openings;
//  2. the tenant's advisory lock for interview requests and then the person, or its cursor of
//     openings;
//  3. the effect, and after it, for a create that may be sent, the advisory lock of its email;
//  4. the writeback, and after it its steps;
//  5. the tenant's event counter. So events are announced last.
//
// To insert a row that refers to the tenant, which an event does, locks the tenant FOR KEY SHARE
// too. The tick skips rows that are locked, but for its sweep.
//
// The statements that lock an effect or end a step lock the tenant themselves, in a part that the
// rest is joined to, so that no trip more is needed.
package queue
