// Package ledger does the steps of writebacks: it creates applicants, links them to jobs and writes
// notes, each exactly once, by way of the write ledger. [Ledger] is where it begins; decide.go
// holds every rule in one pure function.
//
// # The write ledger
//
// JazzHR has no idempotency key and no delete, and a POST whose answer was lost may or may not have
// been applied. So each remote effect (an applicant for an email, a link for a pair, one part of a
// note) is one row of table effects, and only that row decides whether anything is sent:
//
//	planned ──intent committed──▶ sending ──clear yes─────────────────────▶ done
//	   ▲                             │  ├───clear no, to a create──────────▶ rejected
//	   │                             │  └───certainly never arrived────────▶ planned
//	   │                             └──────all else────▶ unknown
//	   │                                                   │ │ ├─found once──────────────────────▶ done (adopted)
//	   │ another writeback than the refused one wants it   │ │ ├─absent, and JazzHR had said no──▶ rejected
//	rejected                                               │ │ └─found twice, not comparable,
//	                                                       │ │   never seen, sent 3 times────────▶ attention
//	                                                       │ └─absent twice after the quiet period──▶ sending
//	                                                       └─target gone: found again by email, or attention
//
// What each failure leads to:
//
//   - The worker dies before the intent is committed: nothing was sent; the row is planned.
//   - It dies after that, or the answer is lost, or can't be read: the row is sending until
//     not_after and unknown from then on. Nothing is sent until the quiet period after not_after is
//     over and two reads have found nothing.
//   - The answer comes when the job belongs to another already: it is stored all the same, by its
//     send's token. Only the next step is left to whoever owns the job.
//   - The account does not show what was written: absence is believed only if a confirmed write of
//     the same kind (the control) can be read there; else a person decides.
//   - JazzHR refuses (a readable business error): a create is rejected. A note or link is looked
//     for first, since its applicant may be gone or the link be there already. The no of an
//     applicant that is gone, or was only just made, is forgotten: the row is planned again.
//
// [decide] is all of it as a pure function of the row, what was read, and the time. Two things it
// can't exclude: a request that JazzHR applies after the quiet period, and one written by a process
// that was stopped between the check of not_after and the write itself.
package ledger
