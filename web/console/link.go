package console

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/record"
)

// Purpose is what a connect link is good for.
type Purpose string

// The purposes.
const (
	Connect Purpose = "connect" // the set-up, until JazzHR has called the webhook
	Manage  Purpose = "manage"  // another key, another secret, the settings and the pause of a connected tenant
)

// How long a connect link may be good for.
const (
	DefaultLinkLifetime = 7 * 24 * time.Hour
	MinLinkLifetime     = time.Minute
	MaxLinkLifetime     = 30 * 24 * time.Hour
)

// ConnectLink is an address with which a customer's administrator can connect or manage one tenant,
// without a sign-in. Whoever has it can use it until it expires.
type ConnectLink struct {
	URL       string
	Purpose   Purpose
	ExpiresAt time.Time
}

// NewConnectLink makes a link, and records that who made it. The caller has checked purpose and
// lifetime. Its error is [queue.ErrNoTenant] for a tenant that does not exist.
func (k *Console) NewConnectLink(
	ctx context.Context, id uuid.UUID, purpose Purpose, lifetime time.Duration, who string,
) (ConnectLink, error) {
	if _, err := k.config.Tenants.Get(ctx, id); err != nil {
		return ConnectLink{}, err
	}
	g := grant{Tenant: id, Purpose: purpose, Expires: k.links.now().Add(lifetime).Truncate(time.Second)}
	token := k.links.sign(g)
	if err := record.Add(ctx, k.config.Pool, record.Action{
		Who: who, Tenant: id, What: record.ConnectLinkMade, Target: "link " + record.NameOf(token),
		Detail: fmt.Sprintf("to %s, good until %s", purpose, g.Expires.UTC().Format(exactTime)),
	}); err != nil {
		return ConnectLink{}, err
	}
	url := k.config.PublicURL.JoinPath(connectPath, token).String()
	return ConnectLink{URL: url, Purpose: purpose, ExpiresAt: g.Expires.UTC()}, nil
}

// grant is what the token of a connect link allows.
type grant struct {
	Tenant  uuid.UUID
	Purpose Purpose
	Expires time.Time // in whole seconds
}

var (
	errNoLink      = errors.New("no connect link of this service")
	errLinkExpired = errors.New("the connect link has expired")
)

// links signs and opens the tokens of connect links. The service stores nothing about a token: it
// holds its grant itself, signed under a key that is derived from the admin token. So a new admin
// token ends all links.
type links struct {
	key []byte
	now func() time.Time
}

func newLinks(adminToken string) (*links, error) {
	key, err := hkdf.Key(sha256.New, []byte(adminToken), nil, "jazzhr-worker connect link 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("connect links: %w", err)
	}
	return &links{key, time.Now}, nil
}

// Sizes in bytes. A token consists of one byte for the purpose, the tenant's id, the expiry and the
// signature.
const (
	claimSize = 1 + 16 + 8
	tokenSize = claimSize + sha256.Size
)

// purposes returns the purpose for each first byte of a token.
func purposes() map[byte]Purpose { return map[byte]Purpose{'c': Connect, 'm': Manage} }

func (l *links) mac(claim []byte) []byte {
	mac := hmac.New(sha256.New, l.key)
	mac.Write(claim)
	return mac.Sum(nil)
}

func (l *links) sign(of grant) string {
	claim := make([]byte, 1, tokenSize)
	for first, purpose := range purposes() {
		if purpose == of.Purpose {
			claim[0] = first
		}
	}
	claim = append(claim, of.Tenant[:]...)
	claim = binary.BigEndian.AppendUint64(claim, uint64(of.Expires.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(claim, l.mac(claim)...))
}

// open returns the grant of a token, or errNoLink or errLinkExpired.
func (l *links) open(token string) (grant, error) {
	// A link has one spelling: the decoder skips line ends, which the length leaves no room for.
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return grant{}, errNoLink
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(text) != tokenSize {
		return grant{}, errNoLink
	}
	claim := text[:claimSize]
	if !hmac.Equal(text[claimSize:], l.mac(claim)) {
		return grant{}, errNoLink
	}
	opened := grant{Purpose: purposes()[claim[0]], Expires: time.Unix(int64(binary.BigEndian.Uint64(claim[17:])), 0)}
	copy(opened.Tenant[:], claim[1:17])
	if opened.Purpose == "" {
		return grant{}, errNoLink
	}
	if !l.now().Before(opened.Expires) {
		return grant{}, errLinkExpired
	}
	return opened, nil
}
