package token

import (
	"errors"
	"fmt"
)

// Errors that say why a secret opens nothing. None holds any of it.
var (
	// ErrUnknown says that no token has the secret.
	ErrUnknown = errors.New("no token has this secret")
	// ErrMalformed says that the text is no whole secret.
	ErrMalformed = errors.New("the token is not whole: its length or its checksum is wrong; copy it again")
	// ErrExpired says that the token's time is over.
	ErrExpired = errors.New("the token has expired: make another")
	// ErrRevoked says that the token was revoked.
	ErrRevoked = errors.New("the token was revoked: make another")
	// ErrRolled says that the secret is the one before a roll, and its overlap is over.
	ErrRolled = errors.New("the token was given a new secret, and this one has ended: use the new one")
)

// Errors of who changes tokens.
var (
	// ErrNoToken says that no token has the id, or that it is not for the eyes of who asks.
	ErrNoToken = errors.New("no such token")
	// ErrBound says that who asks is bound to named tenants, and what was asked concerns all.
	ErrBound = errors.New("the token is bound to named tenants, and this concerns all")
)

// ScopeError says that a scope is missing.
type ScopeError struct{ Scope Scope }

// Error names the scope.
func (e *ScopeError) Error() string {
	return fmt.Sprintf("the token lacks the scope %s", e.Scope)
}
