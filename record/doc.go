// Package record keeps the record: who did what, from where, to what, and what became of it.
//
// [Add] stores an action in the transaction of what was done. Who asks and from where comes with
// the context, as an [Origin]. What comes often is counted by a [Counter]: refused attempts, and
// readings of personal data. Neither can fill the table.
//
// # The chain
//
//	Add ──▶ a row without a position ──Chain, each second──▶ position n, hash n ──Purge──▶ gone, and
//	                                                          the chain begins after it
//
// hash n is over row n and hash n-1. So [Verify] finds a row that was changed, removed or moved. The
// chain is made apart from the actions, because a hash that each insert had to wait for would let
// all changes of the service wait for each other. Until a row is chained, which takes a second or
// two, its removal does not show.
//
// Whoever may write all tables can make the whole chain anew. An export that is kept elsewhere shows
// that: its last hash is not in the new chain.
package record
