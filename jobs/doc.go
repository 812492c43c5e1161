// Package jobs runs the queue's work on one node: [New] takes a [Config] and registers a worker for
// each kind of job, [Runner.Start] begins to work, [Runner.Stop] ends it. The workers are in the
// rooms below:
//
//	ledger    the steps of writebacks: each effect in JazzHR once
//	mirror    polls and full passes: our copy of each account
//	trigger   exports and moves to stages, matched and made into interview requests
//	audit     duplicates in JazzHR
//	work      what these share
//
// Deliveries to Intrvio, checks of refused keys, the tick and the purge are here (tend.go).
package jobs
