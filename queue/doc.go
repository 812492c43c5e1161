// Package queue is the contract of the queue: the job kinds and their args, the River client, and everything that puts
// work in or says when it may go on: webhooks, writebacks, events, the tick, admission and the call bucket. The workers
// are in package jobs.
//
// # Rows decide, jobs wake
//
// A piece of work is a row of ours (a webhook, a writeback, an event). A River job only wakes a worker for it. Each row
// that is pending is in one of two places:
//
//	waiting   admitted_at is null, until next_attempt_at and for the reason in waiting_for
//	admitted  a River job exists that will look at the row
//
// A webhook and an event enter admitted. A writeback does if its tenant has fewer than [Share] admitted ones, else it
// waits; rows of a tenant that is paused or whose key is rejected wait in any case. The tick admits waiting rows;
// a worker hands its row back to waiting. A row whose job is gone (deleted or cancelled in River UI, discarded, lost
// with a restore) is released by the tick's sweep and admitted again, within a minute.
package queue
