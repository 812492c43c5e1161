// Package token keeps the API's tokens: [Service.Create] makes one, [Service.Verify] says whose a
// secret is, [Service.Roll] gives a token another secret, and [Service.Revoke] ends it.
//
// # What a token may do
//
// A [Grant] consists of scopes, tenants and an expiry. [Scopes] is the closed set of scopes; the
// routes of package web name one each. A token without tenants is for all of them. Nobody gives
// more than they have: neither a scope, nor a tenant, nor a longer life.
//
// # What can happen to a token
//
//	Create ──▶ active ──its time is over──▶ expired ──Roll with a new expiry──▶ active
//	            │  ▲
//	            │  └── Roll: a new secret. The one before lives on for the overlap, and only one
//	            │      does: a second Roll within the overlap ends the first secret at once.
//	            └──── Revoke ──▶ revoked, for ever, with both secrets
//
// A row is never deleted, so that what a token did can be traced to it.
//
// # Secrets
//
// A [Secret] is shown once. The database holds its keyed hash, which the keyset of the deployment
// is needed to make. A secret has 256 random bits and a checksum: one that is not whole is refused
// before the database is asked. When the sealing keys are rotated, a secret is hashed anew at its
// next use, since only then is it known.
//
// Each request asks the database for its token. So whatever is done to a token holds for the next
// request of every process. Uses are written apart from requests, see [Service.Run].
package token
