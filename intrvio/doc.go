// Package intrvio holds the events that this service sends to Intrvio's backend. A receiver reads
// events with it. The service signs and delivers them with it.
//
// # Receive events
//
// Check the signature of the raw body with a Standard Webhooks library
// (https://www.standardwebhooks.com), decode the body into an [Envelope], and call [Decode] with
// the data type of the event. Each [EventType] names its data type.
//
//	var e intrvio.Envelope
//	if err := json.Unmarshal(body, &e); err != nil { … }
//	request, err := intrvio.Decode[intrvio.InterviewRequest](e)
//
// An event's id and sequence never change, however often the event is delivered. Deliveries can
// arrive more than once and in any order. So drop repeats by id, and use the sequence where order
// matters. The sequence of a tenant has no gaps.
//
// # Send events
//
// [Encode] makes the data of an event. A [Deliverer] sends the envelope once, signed with each of
// the [Secrets].
//
//	POST ──2xx──────────────▶ delivered
//	     ──any other status──▶ *DeliveryError with the status, and Retry-After for 429 and 503
//	     ──no answer─────────▶ *DeliveryError with status 0 and the reason in fixed words
//
// A redirect and a 410 are failures like any other. Only its age ends an event's delivery: after
// [DeliveryWindow] it is no longer pushed, and until [Retention] ends it can still be pulled.
// [RetryDelay] is the pause between attempts. No error shows the receiver's address or any byte of
// its answer.
//
// To exchange a secret without a gap, add the new one here, replace the old one at the receiver,
// then remove the old one here.
package intrvio
