// Package intrvio is the contract with Intrvio's backend: the events it is sent, how they are signed, and the client
// that delivers them.
//
// # Events
//
// An event is an [Envelope] around one of the data types of this package. Its id and its sequence never change, however
// often it is delivered. The sequence has no gaps within a tenant; deliveries may come in any order and more than once,
// so a receiver drops repeats by id and uses the sequence where order matters to it.
//
// # Delivery
//
// Events are signed by the Standard Webhooks scheme (https://www.standardwebhooks.com) with each configured secret, so
// that a secret is exchanged without a gap: add the new one here, exchange it at the receiver, remove the old one here.
//
//	POST ──2xx──────────────▶ delivered
//	     ──any other status──▶ *DeliveryError with the status, and Retry-After for 429 and 503
//	     ──no answer─────────▶ *DeliveryError with status 0 and the reason in fixed words
//
// A redirect is a failure like any other, and so is 410: an event is given up by its age alone ([DeliveryWindow]), after
// which it can still be pulled until [Retention] ends. No error carries the receiver's address or a byte of its answer.
package intrvio
