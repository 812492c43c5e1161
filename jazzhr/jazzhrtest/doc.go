// Package jazzhrtest is a JazzHR in memory: a stateful simulator of its REST
// API v1 and of its Candidate Export Webhook, with the quirks that matter to a
// client and with faults on demand.
//
// # What it imitates
//
// Many accounts, each with its API key, its jobs, applicants, links, notes and
// activities. Filters and pages are path segments; lists have pages of 100
// rows, newest first but not strictly so within a day; one row is a bare
// object and none is []; an unknown id is answered with 200; a bad key with 401
// and JSON that calls itself HTML; a business error mostly with 200. A second
// POST of the same person makes a second applicant, as there. What JazzHR does
// in a way that is not known, such as a repeated link, is one of an account's
// [Settings]. Where nothing at all is known (the categories of most
// activities, the text of most errors) the simulator's choice is a guess, and
// its comment says so.
//
// # Faults
//
// A [Fault] says two things that are independent of one another: whether the
// request was applied, and what its caller sees. So "it failed, but they stored
// it" is an ordinary case. Faults are injected by a [Rule] at chosen requests
// or by seeded chance with [Chaos].
//
// # Tests
//
// [NewServer] starts a simulator on loopback for one test. Nothing in the
// package asks a test to sleep: [Sim.Wait] rechecks a condition at every change
// of state, and a fault can block on a channel of the test's or until it is
// released.
//
//	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
//	acct := sim.AddAccount("key")
//	job := acct.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
//	lost := sim.Fault(jazzhrtest.Rule{
//		Endpoint: jazzhrtest.EndpointNotes,
//		Times:    1,
//		Fault:    jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose),
//	})
//
// Everything is safe for concurrent use.
package jazzhrtest
