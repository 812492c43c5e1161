package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// maxAnswer is the length of the longest code or state that is taken, in bytes.
const maxAnswer = 4 << 10

// Refusal is why an answer of the provider lets nobody in. Neither text holds a code, a token or a
// secret.
type Refusal struct {
	Why   string // for the person, in a sentence or two
	cause string // for the log
}

func (r *Refusal) Error() string { return "sign-in refused: " + r.cause }

func refuse(why, cause string) error { return &Refusal{why, cause} }

// texts of refusals that have several causes.
const (
	startAgain = "This sign-in was not begun in this browser, or too long ago. Sign in again."
	badAnswer  = "The identity provider’s answer does not hold. Sign in again. If that fails too, tell whoever runs the service."
)

// Begin returns the provider's address to send a browser to, and the value of the cookie that
// [Provider.Finish] needs. to is the page to go on to. An error may be [ErrAway].
func (p *Provider) Begin(ctx context.Context, to string) (address, cookie string, err error) {
	found, err := p.find(ctx)
	if err != nil {
		return "", "", err
	}
	q := question{
		State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), To: to, Until: p.now().Add(Lifetime),
	}
	if cookie, err = p.seal(q); err != nil {
		return "", "", fmt.Errorf("begin sign-in: %w", err)
	}
	return found.oauth.AuthCodeURL(q.State, oidc.Nonce(q.Nonce), oauth2.S256ChallengeOption(q.Verifier)), cookie, nil
}

// Finish holds the provider's answer against the cookie that the sign-in was begun with. It returns
// who has signed in and the page to go on to. An error may be a [*Refusal] or [ErrAway].
func (p *Provider) Finish(ctx context.Context, cookie string, answer url.Values) (Person, string, error) {
	q, err := p.open(cookie)
	if err != nil {
		return Person{}, "", refuse(startAgain, err.Error())
	}
	code, state := answer.Get("code"), answer.Get("state")
	if len(code) > maxAnswer || len(state) > maxAnswer || subtle.ConstantTimeCompare([]byte(state), []byte(q.State)) != 1 {
		return Person{}, "", refuse(startAgain, "another state")
	}
	if issuer := answer.Get("iss"); issuer != "" && issuer != p.config.Issuer { // RFC 9207
		return Person{}, "", refuse(badAnswer, "an answer of another issuer")
	}
	if answer.Get("error") != "" {
		return Person{}, "", refuse("The identity provider let nobody in. Sign in again, or ask those who run it.",
			"the provider answered "+known(answer.Get("error")))
	}
	found, err := p.find(ctx)
	if err != nil {
		return Person{}, "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := found.oauth.Exchange(ctx, code, oauth2.VerifierOption(q.Verifier))
	if err != nil {
		return Person{}, "", exchangeError(err)
	}
	proof, err := p.verify(ctx, found, token, q.Nonce)
	if err != nil {
		return Person{}, "", err
	}
	person, err := p.personOf(ctx, found, token, proof)
	return person, q.To, err
}

// exchangeError leaves out the provider's answer, which may quote what it was asked.
func exchangeError(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refused.Response != nil && refused.Response.StatusCode >= 500 {
			return fmt.Errorf("%w: it answered %d", ErrAway, refused.Response.StatusCode)
		}
		return refuse(badAnswer, "the provider does not take the code: "+known(refused.ErrorCode))
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%w: %w", ErrAway, failed.Err)
	}
	return refuse(badAnswer, "the provider's answer to the code can't be read")
}

// verify holds the ID token against its rules.
func (p *Provider) verify(ctx context.Context, found *endpoints, token *oauth2.Token, nonce string) (*oidc.IDToken, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return nil, refuse(badAnswer, "no ID token")
	}
	proof, err := found.verifier.Verify(ctx, raw)
	if _, expired := errors.AsType[*oidc.TokenExpiredError](err); expired {
		return nil, refuse(badAnswer, "the ID token has expired")
	}
	if err != nil {
		return nil, refuse(badAnswer, "the ID token: "+shorten(err.Error()))
	}
	var claims struct {
		Party string `json:"azp"`
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(proof.Nonce), []byte(nonce)) != 1:
		return nil, refuse(badAnswer, "the ID token has another nonce")
	case proof.Claims(&claims) != nil:
		return nil, refuse(badAnswer, "the ID token can't be read")
	case len(proof.Audience) > 1 && claims.Party == "", claims.Party != "" && claims.Party != p.config.ClientID:
		return nil, refuse(badAnswer, "the ID token was issued to another party")
	case proof.Subject == "":
		return nil, refuse(badAnswer, "the ID token names nobody")
	case proof.AccessTokenHash != "" && proof.VerifyAccessToken(token.AccessToken) != nil:
		return nil, refuse(badAnswer, "the access token is not the ID token's")
	}
	return proof, nil
}

// known returns an error code of OAuth if it has the form of one.
func known(code string) string {
	for _, r := range code {
		if (r < 'a' || r > 'z') && r != '_' {
			return "an unknown code"
		}
	}
	if code == "" || len(code) > 40 {
		return "an unknown code"
	}
	return code
}

func shorten(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most]
	}
	return text
}
