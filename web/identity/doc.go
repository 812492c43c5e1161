// Package identity has people prove who they are at an OpenID Connect provider, by the authorization
// code flow with PKCE.
//
// [Provider.Begin] returns the provider's address to send a browser to, and the value of a cookie.
// The provider sends the browser back with an answer, and [Provider.Finish] holds it against the
// cookie:
//
//	state       the answer is to this browser's own question
//	PKCE        whoever has only the code can't trade it in
//	signature   the token is signed with a key that the provider publishes
//	iss, aud    it is from this provider, for this service
//	exp, nonce  it is of now, and answers this question
//
// The cookie is sealed, so that it tells nothing and nobody can make one. The provider refuses a code
// that comes twice.
//
// The provider is found when somebody first signs in. So the service starts while the provider is
// away, and goes on by itself when it is back.
package identity
