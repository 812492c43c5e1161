// Package tenant administers Intrvio's customers: [Service] creates a tenant, connects it to its
// JazzHR account, changes its settings, pauses and disconnects it. It keeps the tenant's sealed
// secrets, and opens them for whoever calls JazzHR or checks a webhook's signature.
//
// # Three facts and one state
//
// Three facts about a tenant are kept apart, because they change for reasons of their own. The
// [State] that is shown is derived from them by [StateOf]:
//
//	connection  created → awaiting_verify → verified → disconnected
//	key         none, ok, rejected
//	paused      since when, or not
//
// So a pause takes nothing away: the state that it hides is there again after it, or what that has
// become meanwhile. A pause hides all states but created and disconnected, in which nothing could
// work anyway.
//
//	           Connect              VERIFY or an export, rightly signed
//	created ───────────▶ awaiting_verify ───────────────────▶ active
//	   │                    │   ▲  ▲                           │  ▲
//	   │                    │   │  │     401 for the stored    │  │ the stored key works again,
//	   │                    │   │  │            key            ▼  │ or Connect with one that works
//	   │                    │   │  └──────────────▶ credentials_rejected
//	   │ Disconnect         │   │ Connect                  │ Disconnect
//	   └────────────────────┴───┴──▶ disconnected ◀────────┘
//
//	any but created and disconnected ──Pause──▶ paused ──Resume──▶ what its facts say
//
// # What each transition needs, and how it fails
//
//   - Connect asks JazzHR with the key first, outside any transaction. It stores nothing unless all is
//     well. [ErrCredentialsRejected]: JazzHR refuses the key. [ErrJazzHRUnavailable]: JazzHR can't be
//     asked. [ErrKeyInUse]: the key is another tenant's. [ErrDifferentAccount]: the key does not know
//     what we know of this tenant's account; a disconnected tenant's must know it too. The first key
//     makes the webhook's address and secret; a later key keeps both. Of two calls at once the later
//     one is checked against what the earlier one stored.
//   - VERIFY is accepted by package queue/intake. So is any other webhook, and each that is rightly
//     signed verifies the connection in the transaction that stores it.
//   - A 401 rejects a key only if the version that was used is still the current one: an answer to the
//     key before it says nothing. The stored key is tried again after 1, 5 and 15 minutes, then hourly.
//     Refusals of other requests that were under way together are not counted. Intrvio is told at the
//     second refusal. It is told that the key works again if it was told of the refusal, or if Connect
//     brought the key.
//   - Disconnect erases the key, the webhook's address and the secrets in one short transaction. A
//     pause ends with it. Then all work that has not ended is ended in batches, and Intrvio is told. A
//     job that the tick starts ends what the call did not get to, and Connect waits for the end. What
//     was done stays known, so a connection can be made again.
//
// # Who did it
//
// Each method that changes a tenant takes an [Actor]. What an actor with a name does is recorded,
// in the transaction of the change.
//
// # Secrets
//
// Keys and webhook secrets are sealed by a [Sealer]. The sealing keys come from the deployment.
// Nothing of this package that can be formatted or logged shows a secret, and no error holds one.
package tenant
