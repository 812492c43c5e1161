// Package breaker stops the writes to JazzHR while JazzHR as a whole takes none: a circuit breaker
// for each kind of write (create, link, note), over all tenants and processes.
//
//	closed ──unusable answers in a row, of several tenants──▶ open
//	open ──one send, a probe, was answered usably──▶ half-open
//	half-open ──enough sends were answered usably──▶ closed
//	half-open ──more unusable answers than usable ones──▶ open
//
// While it is open, one send leaves at a time, after waits that grow. While it is half-open, each
// usable answer lets two more sends leave. All other sends are put off before their intents are
// committed: nothing is sent, no attempt is counted, and reads go on.
//
// The state is a row of table breakers, which is there in trouble only. Each process looks once a
// second whether there is one, so that a healthy service pays nothing for a send. It reports
// unusable answers from the fourth in a row on.
package breaker
