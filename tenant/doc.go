// Package tenant says who the customers are: their settings, how far each is connected to JazzHR, and their sealed
// secrets.
//
// # Three facts and one state
//
// Three facts about a tenant are kept apart, because they change for reasons of their own, and the [State] that is shown
// is derived from them by [StateOf]:
//
//	connection  created → awaiting_verify → verified → disconnected
//	key         none, ok, rejected
//	paused      since when, or not
//
// So a pause takes nothing away: whatever state it hides is there again after it, or what that has become meanwhile. A
// pause hides all states but created and disconnected, in which nothing could work anyway.
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
//   - Connect asks JazzHR with the key first, outside any transaction, and stores nothing unless all is well:
//     [ErrCredentialsRejected] (JazzHR refuses it), [ErrJazzHRUnavailable] (JazzHR can't be asked), [ErrKeyInUse] (it is
//     another tenant's), [ErrDifferentAccount] (it does not know what we know of this tenant's account, which a
//     disconnected tenant's must too). The first key mints the webhook's address and secret; a later one keeps both.
//     Of two at once the later one is held against what the earlier one stored.
//   - VERIFY is taken by package queue, in the transaction that takes any rightly signed webhook.
//   - A 401 rejects a key only if the version that was used is still the current one: an answer to the key before it says
//     nothing. The stored key is tried again after 1, 5 and 15 minutes, then hourly; refusals of other requests that
//     were under way together are not counted.
//   - Disconnect erases key, webhook address and secrets, and ends what waits, in one transaction. Pauses end with it.
//     What was done stays known, so a connection can be made again.
//
// # Secrets
//
// Keys and webhook secrets are sealed by a [Sealer]; the sealing keys come from the deployment. Nothing of this package
// that can be formatted or logged shows a secret, and no error holds one.
package tenant
