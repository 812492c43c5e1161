package identity

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// callTimeout bounds a request to the provider.
	callTimeout = 5 * time.Second
	// retryAfter is how long a provider that was away is not asked again.
	retryAfter = 5 * time.Second
)

// ErrAway means that the provider can't be reached, or is not the issuer that the settings name.
var ErrAway = errors.New("the identity provider can't be reached")

// Config is what a [Provider] needs. All fields are required.
type Config struct {
	// Issuer is the provider's address, exactly as it stands in its tokens.
	Issuer       string
	ClientID     string
	ClientSecret string
	// GroupsClaim is the claim that holds a person's groups.
	GroupsClaim string
	// RedirectURL is where the provider sends browsers back to.
	RedirectURL string
}

// Provider is an OpenID Connect provider. It is safe for use by many goroutines.
type Provider struct {
	config Config
	client *http.Client
	sealer cipher.AEAD
	now    func() time.Time

	mu      sync.Mutex
	found   *endpoints
	failed  error // why the provider was not found the last time
	retryAt time.Time
}

// endpoints are what the provider says of itself.
type endpoints struct {
	oauth    oauth2.Config
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
}

// New returns a provider, and does not ask it anything yet. The cookies are sealed with a key that is
// derived from the client's secret.
func New(config Config) (*Provider, error) {
	sealer, err := newSealer(config.ClientSecret)
	if err != nil {
		return nil, fmt.Errorf("identity provider: %w", err)
	}
	return &Provider{config: config, client: &http.Client{Timeout: callTimeout}, sealer: sealer, now: time.Now}, nil
}

// Find asks the provider where it takes sign-ins, unless it is known already. Its error is [ErrAway].
func (p *Provider) Find(ctx context.Context) error {
	_, err := p.find(ctx)
	return err
}

func (p *Provider) find(ctx context.Context) (*endpoints, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.now().Before(p.retryAt) {
		return nil, p.failed
	}
	found, err := p.discover(ctx)
	if err != nil && ctx.Err() == nil { // a browser that has left says nothing about the provider
		p.failed, p.retryAt = err, p.now().Add(retryAfter)
	}
	if err != nil {
		return nil, err
	}
	p.found = found
	return found, nil
}

func (p *Provider) discover(ctx context.Context) (*endpoints, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	var said struct {
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	endpoint := provider.Endpoint()
	// The specification's default is basic. Trying both would use up the code.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(said.AuthMethods) > 0 && !slices.Contains(said.AuthMethods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &endpoints{
		oauth: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: endpoint,
			RedirectURL: p.config.RedirectURL, Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
		},
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: p.config.ClientID, Now: p.now}),
	}, nil
}
