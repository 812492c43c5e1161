// Package intrviotest is a stand-in for Intrvio's backend, for tests and for the demo.
//
// A [Receiver] takes events as the backend does: it checks each signature with the public Standard Webhooks library,
// keeps every event once and lets others wait for what arrives. A [Fault] makes it fail in the ways a receiver fails,
// with or without having kept the event. An [Interviewer] holds an interview for each interview.requested and sends its
// result as a writeback through the service's API.
package intrviotest
