package console_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/intrvio/jazzhr-worker/web"
)

const (
	clientID     = "jazzhr-worker"
	clientSecret = "client-secret-0123456789-abcdef"
)

// provider is an OpenID Connect provider of the test's own, on loopback: that of Zitadel, with the
// storage of its example. It checks PKCE, the client's secret and the redirect URI, and takes each code
// once.
type provider struct {
	*storage.Storage
	t       *testing.T
	issuer  string
	handler http.Handler
	login   func(id string) string // where a sign-in goes on

	mu     sync.Mutex
	groups map[string][]string  // of each user
	forge  func(map[string]any) // changes the claims of the next ID tokens; nil for none
	away   bool
	tokens []string // every code and token that was given out
}

// startProvider starts a provider that knows this console, and whose users are named after their
// groups.
func startProvider(t *testing.T, console string) *provider {
	t.Helper()
	p := &provider{t: t, groups: map[string][]string{
		"rita": {"readers"}, "sue": {"support", "readers"}, "otto": {"operators"}, "anna": {"admins"}, "nils": {"others"},
	}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	// The console is at an address, so that the two are different sites to a browser.
	p.issuer = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	p.Storage = storage.NewStorageWithClients(p, map[string]*storage.Client{
		clientID: storage.WebClient(clientID, clientSecret, console+"/console/oidc/callback"),
	})
	zitadel := must(op.NewProvider(&op.Config{CryptoKey: [32]byte{1}}, p, op.StaticIssuer(p.issuer),
		op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler))))
	p.login = func(id string) string {
		return op.AuthCallbackURL(zitadel)(op.ContextWithIssuer(context.Background(), p.issuer), id)
	}
	p.handler = zitadel
	return p
}

// oidcAt sets the provider up at a service whose address is known only later.
func oidcAt(p *provider) func(*web.Config) {
	return func(config *web.Config) {
		config.OIDC = &web.OIDC{
			Issuer: p.issuer, ClientID: clientID, ClientSecret: clientSecret, GroupsClaim: "groups",
			Roles: map[string]string{"readers": "reader", "support": "support", "operators": "operator", "admins": "admin"},
		}
	}
}

// ServeHTTP is the provider, with a page to sign in on.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	away, forge := p.away, p.forge
	p.mu.Unlock()
	switch {
	case away:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.URL.Path == "/login/username":
		p.serveLogin(w, r)
	case r.URL.Path == "/oauth/token":
		answer := httptest.NewRecorder()
		p.handler.ServeHTTP(answer, r)
		body := p.forged(answer.Body.Bytes(), forge)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	default:
		p.handler.ServeHTTP(w, r)
	}
}

func (p *provider) serveLogin(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("authRequestID")
	if r.Method == http.MethodPost {
		if err := p.CheckUsernamePassword(r.FormValue("user"), "password", id); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, p.login(id), http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,"><h1>The provider</h1>
		<form method="post"><input type="hidden" name="authRequestID" value="%s"><input id="user" name="user" aria-label="User"></form>`,
		html.EscapeString(id))
}

// forged returns an answer with tokens whose claims are changed and signed again.
func (p *provider) forged(answer []byte, change func(map[string]any)) []byte {
	var tokens map[string]any
	if json.Unmarshal(answer, &tokens) != nil || tokens["id_token"] == nil {
		return answer
	}
	text, _ := tokens["id_token"].(string)
	if change != nil {
		claims := map[string]any{}
		parsed := must(jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256}))
		if err := json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &claims); err != nil {
			panic(err)
		}
		change(claims)
		key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: providerKey(), KeyID: "key-1"}}
		text = must(must(must(jose.NewSigner(key, nil)).Sign(must(json.Marshal(claims)))).CompactSerialize())
		tokens["id_token"] = text
	}
	access, _ := tokens["access_token"].(string)
	p.mu.Lock()
	p.tokens = append(p.tokens, text, access)
	p.mu.Unlock()
	return must(json.Marshal(tokens))
}

func (p *provider) set(change func(*provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

var providerKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })

// signing is the key as the library wants it.
type signing struct{ public bool }

func (signing) ID() string                                  { return "key-1" }
func (signing) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (signing) Algorithm() jose.SignatureAlgorithm          { return jose.RS256 }
func (signing) Use() string                                 { return "sig" }
func (s signing) Key() any {
	if s.public {
		return &providerKey().PublicKey
	}
	return providerKey()
}

func (p *provider) SigningKey(context.Context) (op.SigningKey, error) { return signing{}, nil }
func (p *provider) KeySet(context.Context) ([]op.Key, error)          { return []op.Key{signing{true}}, nil }

// The users, whose ids are their names.

func (p *provider) GetUserByID(id string) *storage.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.groups[id] == nil {
		return nil
	}
	return &storage.User{ID: id, Username: id, Password: "password", Email: id + "@example.com", EmailVerified: true}
}
func (p *provider) GetUserByUsername(name string) *storage.User { return p.GetUserByID(name) }
func (p *provider) ExampleClientID() string                     { return clientID }

// SetUserinfoFromToken adds the groups, so that they come from the provider's userinfo.
func (p *provider) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, subject, origin string) error {
	if err := p.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	info.AppendClaims("groups", p.groups[subject])
	return nil
}

// startWithProvider starts a server at which people sign in at a provider of the test's own.
func startWithProvider(t *testing.T, change ...func(*web.Config)) (*service, *provider) {
	t.Helper()
	var p *provider
	set := func(config *web.Config) {
		p = startProvider(t, config.PublicURL)
		oidcAt(p)(config)
	}
	return start(t, append([]func(*web.Config){set}, change...)...), p
}

// signInAs takes a person through the sign-in, up to the provider's answer, and returns its address at
// the console and the cookie of the sign-in.
func (s *service) signInAs(p *provider, user, to string) (callback, cookie string) {
	s.t.Helper()
	begun := s.send("GET", "/console/oidc/start?to="+url.QueryEscape(to), nil).want(http.StatusSeeOther)
	cookie, _, _ = strings.Cut(begun.header.Get("Set-Cookie"), ";")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	ask := func(r *http.Request) string {
		answer := must(client.Do(r))
		_ = answer.Body.Close()
		to := must(answer.Request.URL.Parse(answer.Header.Get("Location"))).String()
		if answer.StatusCode != http.StatusFound {
			s.t.Fatalf("%s is answered %d", r.URL.Path, answer.StatusCode)
		}
		return to
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	login := ask(must(http.NewRequestWithContext(ctx, http.MethodGet, begun.header.Get("Location"), nil)))
	form := must(http.NewRequestWithContext(ctx, http.MethodPost, login, bytes.NewBufferString("user="+user)))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	form.Header.Set("Content-Length", strconv.Itoa(len("user="+user)))
	answer := ask(must(http.NewRequestWithContext(ctx, http.MethodGet, ask(form), nil)))
	code := must(url.Parse(answer)).Query()
	p.set(func(p *provider) { p.tokens = append(p.tokens, code.Get("code"), code.Get("state")) })
	return strings.TrimPrefix(answer, s.url), cookie
}

// as signs a person in, and returns the cookie of the session.
func (s *service) as(p *provider, user string) string {
	s.t.Helper()
	callback, cookie := s.signInAs(p, user, "")
	got := s.send("GET", callback, nil, "Cookie", cookie).want(http.StatusOK)
	for _, set := range got.header.Values("Set-Cookie") {
		if value, _, _ := strings.Cut(set, ";"); strings.HasPrefix(value, "jazzhr_console=") {
			return value
		}
	}
	s.t.Fatal("no session")
	return ""
}
