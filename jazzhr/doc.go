// Package jazzhr is a client of JazzHR. It covers the REST API v1 and the Candidate Export Webhook.
//
// # Read and write
//
// Make one [Client] for the program, and one [Account] for each API key. Read with the methods
// [Account.Jobs], [Account.Job], [Account.Applicants], [Account.Applicant], [Account.Links] and
// [Account.Activities]. Write with [Account.CreateApplicant], [Account.LinkApplicant] and
// [Account.WriteNote].
//
//	client, err := jazzhr.NewClient(jazzhr.Config{})
//	…
//	account := client.Account(apiKey, nil)
//	jobs, err := account.Jobs(ctx, jazzhr.JobFilter{Status: "open"}, 1)
//
// The client never repeats a write, follows no redirect and does not limit its own rate. Pass a
// [Gate] to keep to JazzHR's limit of calls.
//
// # Receive exports
//
// [VerifySignature] checks a webhook's signature against the raw body. [ParseExport] reads the
// body.
//
// # What a failure means
//
// A failed call returns an [*Error], or an error that wraps [ErrNotFound]. [Error.Kind] says what
// the caller can do next.
//
//   - A read changes nothing. If it is [Unavailable], repeat it.
//   - A write can't be undone, and JazzHR has no idempotency key. A write that is [NotSent] was not
//     sent for certain. JazzHR refused a write that is [Unauthorized], [RateLimited], [Rejected] or
//     [UnknownRoute] (classify.go has the statuses). Every other failed write is [Unknown]: settle it by reading what JazzHR holds,
//     and never by sending it again.
//
// The kinds by what happened:
//
//	           no byte was sent ─────────▶ NotSent
//	request ──▶ 401, 429 ────────────────▶ Unauthorized, RateLimited
//	           404, 405 to a note ───────▶ UnknownRoute
//	           readable business error,
//	           with 2xx or one of the
//	           statuses that refuse ─────▶ Rejected
//	           2xx as expected ──────────▶ the answer
//	           anything else ────────────▶ Unavailable (read), Unknown (write)
//
// A read carries the key in its query and a write in its body. No error, no observed [Call] and no
// printed [Account] shows a URL, a body or the key. [Error.Message] holds JazzHR's own text,
// without the key.
//
// # Sources
//
// The facts come from JazzHR's webhook documentation (github.com/JazzHR/api-doc and
// apidoc.jazzhrapis.com), from recorded traffic and from public clients.
package jazzhr
