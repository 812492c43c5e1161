package identity

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Person is who has signed in.
type Person struct {
	Subject string // the provider's id of the person, which never changes
	// Name is for the record: the email if the provider has verified it, else a name with the subject,
	// because people choose names themselves.
	Name    string
	Groups  []string
	Expires time.Time // of the provider's token
}

// claims are what the provider says of a person.
type claims struct {
	Email     string `json:"email"`
	Verified  flag   `json:"email_verified"`
	Preferred string `json:"preferred_username"`
	Name      string `json:"name"`
	groups    []string
	hasGroups bool
}

// flag is a bool that some providers write as a string.
type flag bool

// UnmarshalJSON implements [json.Unmarshaler].
func (f *flag) UnmarshalJSON(text []byte) error {
	*f = string(text) == "true" || string(text) == `"true"`
	return nil
}

// personOf reads the claims of the ID token. If it holds no groups, the provider is asked for them.
func (p *Provider) personOf(ctx context.Context, found *endpoints, token *oauth2.Token, proof *oidc.IDToken) (Person, error) {
	said, err := p.read(proof.Claims)
	if err != nil {
		return Person{}, err
	}
	if !said.hasGroups && found.provider.UserInfoEndpoint() != "" {
		info, err := found.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return Person{}, refuse(badAnswer, "the provider does not say who it is")
		}
		if info.Subject != proof.Subject {
			return Person{}, refuse(badAnswer, "the provider tells of another person")
		}
		if said, err = p.read(info.Claims); err != nil {
			return Person{}, err
		}
	}
	return Person{
		Subject: proof.Subject, Name: said.nameFor(proof.Subject), Groups: said.groups, Expires: proof.Expiry,
	}, nil
}

func (p *Provider) read(claimsOf func(any) error) (claims, error) {
	var said claims
	all := map[string]json.RawMessage{}
	if claimsOf(&said) != nil || claimsOf(&all) != nil {
		return claims{}, refuse(badAnswer, "the claims can't be read")
	}
	said.groups, said.hasGroups = parseGroups(all[p.config.GroupsClaim])
	return said, nil
}

// parseGroups reads a claim that is a list of texts, or one text. ok is false if it is neither.
func parseGroups(claim json.RawMessage) (groups []string, ok bool) {
	if json.Unmarshal(claim, &groups) == nil {
		return groups, groups != nil
	}
	var one string
	if json.Unmarshal(claim, &one) == nil && one != "" {
		return []string{one}, true
	}
	return nil, false
}

// maxName is the most characters of a name that are kept.
const maxName = 100

func (c claims) nameFor(subject string) string {
	if bool(c.Verified) && strings.Contains(c.Email, "@") {
		return printable(c.Email)
	}
	for _, name := range []string{c.Preferred, c.Name} {
		if name = printable(name); name != "" {
			return name + " (" + printable(subject) + ")"
		}
	}
	return printable(subject)
}

func printable(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, text))
	if runes := []rune(text); len(runes) > maxName {
		return string(runes[:maxName])
	}
	return text
}
