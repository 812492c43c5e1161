// Package jazzhr speaks JazzHR's two languages: the REST API v1 and the
// Candidate Export Webhook. It knows nothing of the service that uses it.
//
// # REST API
//
// A [Client] holds the connections, an [Account] one customer's key. Reads and
// writes differ in what a failure means, and so they travel differently:
//
//   - A read changes nothing. Whatever goes wrong after it left is
//     [Unavailable], and the caller may ask again.
//   - A write can't be taken back, and JazzHR has no idempotency key. A failed
//     write is therefore sorted into those that certainly never left
//     ([NotSent]), those JazzHR clearly refused ([Unauthorized], [RateLimited],
//     [Rejected], [UnknownRoute]), and all others: [Unknown]. An unknown write
//     is settled by reading, never by sending again.
//
// The client repeats nothing, follows no redirect and keeps no pace: pace is
// the caller's [Gate].
//
//	           no byte left ─────────────▶ NotSent
//	request ──▶ 401, 429 ────────────────▶ Unauthorized, RateLimited
//	           readable business error ──▶ Rejected
//	           404, 405 to a write ──────▶ UnknownRoute
//	           2xx as expected ──────────▶ the answer
//	           anything else ────────────▶ Unavailable (read), Unknown (write)
//
// The key stands in the query of reads and in the body of writes. No error,
// no observed [Call] and no formatted [Account] shows a URL, a body or the key.
//
// # Webhook
//
// [VerifySignature] checks the raw bytes, [ParseExport] reads them.
//
// The facts come from JazzHR's webhook documentation (github.com/JazzHR/api-doc,
// apidoc.jazzhrapis.com), from recorded traffic and from public clients.
package jazzhr
