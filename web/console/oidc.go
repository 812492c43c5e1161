package console

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/intrvio/jazzhr-worker/web/identity"
)

// OIDCCallbackPath is where the identity provider sends browsers back to: the redirect URI, below the
// public URL.
const OIDCCallbackPath = "/console/oidc/callback"

// OIDC says at which OpenID Connect provider people sign in, and what they may do. All fields are
// required.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	// GroupsClaim is the claim that holds a person's groups.
	GroupsClaim string
	// Roles has the name of a role for each group. Whoever is in several has the highest. Whoever is
	// in none is refused.
	Roles map[string]string
}

// sessionKey returns the key for the hashes of sessions. It depends on all that a session rests on,
// so a change of any of it ends them.
func (o *OIDC) sessionKey() ([]byte, error) {
	var of strings.Builder
	for _, part := range []string{o.Issuer, o.ClientID, o.GroupsClaim} {
		fmt.Fprintf(&of, "%q\n", part)
	}
	for _, group := range slices.Sorted(maps.Keys(o.Roles)) {
		fmt.Fprintf(&of, "%q=%q\n", group, o.Roles[group])
	}
	return hkdf.Key(sha256.New, []byte(o.ClientSecret), []byte(of.String()), "jazzhr-worker console session 1", sha256.Size) //nolint:wrapcheck // the caller says of what
}

// roleOf returns the highest role that groups have, or 0 if they have none.
func (o *OIDC) roleOf(groups []string) Role {
	var highest Role
	for _, group := range groups {
		role, _ := parseRole(o.Roles[group])
		highest = max(highest, role)
	}
	return highest
}

// host names the provider to people.
func (o *OIDC) host() string {
	if u, err := url.Parse(o.Issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return "the identity provider"
}

// newProvider returns the provider of the settings, or nil if there is none.
func newProvider(config Config) (*identity.Provider, error) {
	o := config.OIDC
	if o == nil {
		return nil, nil //nolint:nilnil // no provider is set, which is no error
	}
	if o.Issuer == "" || o.ClientID == "" || o.ClientSecret == "" || o.GroupsClaim == "" || len(o.Roles) == 0 {
		return nil, errors.New("OpenID Connect: a field is empty")
	}
	for _, name := range o.Roles {
		if _, ok := parseRole(name); !ok {
			return nil, errors.New("OpenID Connect: a group has an unknown role")
		}
	}
	provider, err := identity.New(identity.Config{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, GroupsClaim: o.GroupsClaim,
		RedirectURL: config.PublicURL.JoinPath(OIDCCallbackPath).String(),
	})
	if err != nil {
		return nil, fmt.Errorf("OpenID Connect: %w", err)
	}
	return provider, nil
}
