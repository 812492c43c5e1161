// Package jazzhrtest simulates JazzHR in memory. Test a client of JazzHR against it.
//
// # Test with it
//
// [NewServer] starts a simulator for one test. Add an account and fill it, point the client at
// BaseURL, and check what is stored.
//
//	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
//	account := sim.AddAccount("api-key")
//	job := account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
//	… // run the client against sim.BaseURL
//	if duplicates := sim.Duplicates(); len(duplicates) > 0 {
//		t.Errorf("duplicates: %v", duplicates)
//	}
//
// [New] makes a simulator without a test, for a program. No test needs to sleep: [Sim.Wait] checks
// a condition after every change, and a fault can block until the test releases it. Everything is
// safe for concurrent use.
//
// # Inject faults
//
// A [Fault] sets two things independently: whether the request is applied, and what its caller
// sees. So a test can lose the answer of a write that was stored. A [Rule] selects the requests of
// a fault. [Chaos] makes requests fail at random, repeatable by the seed.
//
//	lost := sim.Fault(jazzhrtest.Rule{
//		Endpoint: jazzhrtest.EndpointNotes,
//		Times:    1,
//		Fault:    jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose),
//	})
//
// # Play the recruiter
//
// The methods of [Account] do what a customer's people do: [Account.MoveStage], [Account.Merge],
// [Account.AddNote]. [Account.SaveIntegration] and [Account.Export] send the webhook. [Sim.UI]
// serves a page for the same.
//
// # What it imitates
//
// The simulator has the REST API v1 and the Candidate Export Webhook, with the quirks that matter
// to a client:
//
//   - Filters and pages are path segments. A page has 100 rows, the newest first, but not in strict
//     order within a day.
//   - A single row is a bare object. No rows are [].
//   - An unknown id is answered with 200. So are most business errors.
//   - A bad key is answered with 401 and JSON that is labelled as HTML.
//   - A second POST of the same person makes a second applicant.
//
// Where JazzHR's behaviour is not known, for example for a repeated link, [Settings] chooses it.
// Some details are guesses, such as the categories of most activities and the texts of most errors.
// Their comments say so. TestFacts lists each fact with how well it is known.
package jazzhrtest
