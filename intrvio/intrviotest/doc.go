// Package intrviotest simulates Intrvio's backend, for tests and for the demo.
//
// [NewServer] starts a [Receiver] for one test. The receiver checks each event's signature with the
// public Standard Webhooks library and stores every event once.
//
//	backend := intrviotest.NewServer(t)
//	… // deliver events to backend.URL, signed with backend.Secret
//	event, err := backend.Wait(ctx, func(e intrvio.Envelope) bool {
//		return e.Type == intrvio.InterviewRequested
//	})
//
// A [Fault] makes the receiver fail, before or after it stored the event.
//
// An [Interviewer] holds an interview for each interview.requested. It sends the result as a
// writeback through the service's API.
package intrviotest
