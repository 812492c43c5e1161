package jazzhrtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Options set up a simulator. The zero value is usable.
type Options struct {
	// Clock gives the time for dates, rate limits, lags and expiry; time.Now if
	// nil.
	Clock func() time.Time

	// Location is the zone of the dates and times the API shows, which name
	// none; UTC if nil.
	Location *time.Location

	// Seed is the start of all that is random: ids and chances.
	Seed uint64

	// CallsPerMinute is the number of calls a key may make in any 60 seconds:
	// 80 if zero, without limit if negative.
	CallsPerMinute int

	// RetryAfter adds the header Retry-After to the answers of the rate limit.
	// JazzHR documents none.
	RetryAfter bool

	// PublicURL is where the simulator is reached, without a path, for the
	// addresses of documents in exports; https://api.jazz.co if empty.
	PublicURL string
}

// defaultCallsPerMinute is the limit that three public clients keep to.
const defaultCallsPerMinute = 80

// Sim is the simulator. Make one with New or NewServer.
type Sim struct {
	opts     Options
	client   *http.Client // sends webhooks
	tokenKey []byte       // signs the addresses of documents
	closed   chan struct{}
	close    sync.Once

	mu       sync.Mutex
	accounts []*Account
	byKey    map[string]*Account
	rules    []*Injected
	chaos    Chaos
	ids      *rand.ChaCha8
	dice     *rand.Rand
	counts   map[tally]int
	writes   []Write
	sequence uint64 // of records, for their order
	number   int64  // the last internal id
	changed  chan struct{}
}

// New returns a simulator without accounts. It uses no goroutines of its own
// while nothing is asked of it.
func New(opts Options) *Sim {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Location == nil {
		opts.Location = time.UTC
	}
	if opts.CallsPerMinute == 0 {
		opts.CallsPerMinute = defaultCallsPerMinute
	}
	if opts.PublicURL == "" {
		opts.PublicURL = "https://api.jazz.co"
	}
	s := &Sim{
		opts:    opts,
		client:  webhookClient(),
		closed:  make(chan struct{}),
		byKey:   make(map[string]*Account),
		ids:     rand.NewChaCha8(seed(opts.Seed, 'i')),
		dice:    rand.New(rand.NewChaCha8(seed(opts.Seed, 'd'))), //nolint:gosec // chances that a seed must repeat
		counts:  make(map[tally]int),
		number:  39011521, // near a recorded one, so that nobody takes it for an API id
		changed: make(chan struct{}),
	}
	s.tokenKey = make([]byte, 32)
	_, _ = s.ids.Read(s.tokenKey) // never fails
	return s
}

// seed spreads a short seed over the length that the generator needs; use
// keeps apart generators that must not follow each other's draws.
func seed(n uint64, use byte) [32]byte {
	var b [32]byte
	copy(b[:], strconv.FormatUint(n, 16))
	b[31] = use
	return b
}

// Close ends requests that hang, forgets what was to be applied late, and
// closes the connections of webhooks. Call it before the server's shutdown,
// which would wait for requests that hang.
func (s *Sim) Close() {
	s.close.Do(func() {
		close(s.closed)
		s.client.CloseIdleConnections()
	})
}

// AddAccount adds an account with the given API key and returns it. A key that
// is taken panics: that is a mistake in the test.
func (s *Sim) AddAccount(key string) *Account {
	s.mu.Lock()
	defer s.unlockChanged()
	if _, taken := s.byKey[key]; taken {
		panic("jazzhrtest: two accounts with one API key")
	}
	a := newAccount(s, "account-"+strconv.Itoa(len(s.accounts)+1), key)
	a.settings.Company = "Company " + strconv.Itoa(len(s.accounts)+1)
	s.adopt(a)
	return a
}

// adopt makes an account known.
func (s *Sim) adopt(a *Account) {
	s.accounts = append(s.accounts, a)
	s.byKey[a.key] = a
}

// Account returns the account with the given API key, or nil.
func (s *Sim) Account(key string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byKey[key]
}

// Accounts returns all accounts in the order they were added.
func (s *Sim) Accounts() []*Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Account(nil), s.accounts...)
}

// Wait returns when done reports true. It asks at once and then again after
// every change: a request met, a write, an export, a setting. Its error is the
// context's.
func (s *Sim) Wait(ctx context.Context, done func() bool) error {
	for {
		changed := s.watch()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("jazzhrtest: wait: %w", context.Cause(ctx))
		}
	}
}

// watch returns a channel that is closed at the next change.
func (s *Sim) watch() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// unlockChanged wakes those who watch and gives up the lock.
func (s *Sim) unlockChanged() {
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
}

// now is the time in the zone the API shows.
func (s *Sim) now() time.Time { return s.opts.Clock().In(s.opts.Location) }

// newID makes an id of JazzHR's form: a prefix, 14 digits of time and 16
// characters.
func (s *Sim) newID(prefix string, at time.Time) string {
	return prefix + "_" + at.Format("20060102150405") + "_" + s.random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

// random returns n characters of an alphabet.
func (s *Sim) random(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.ids.Uint64()%uint64(len(alphabet))]
	}
	return string(b)
}

// newNumber makes an internal id, which the API does not know.
func (s *Sim) newNumber() int64 {
	s.number += 1 + int64(s.ids.Uint64()%7)
	return s.number
}
