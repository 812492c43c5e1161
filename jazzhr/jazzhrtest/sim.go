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

// Options configure a simulator. The zero value is usable.
type Options struct {
	// Clock returns the time for dates, rate limits, lags and expiry. Nil means [time.Now].
	Clock func() time.Time

	// Location is the time zone of the dates and times in the API, which do not name it. Nil means
	// UTC.
	Location *time.Location

	// Seed seeds everything random: ids and faults.
	Seed uint64

	// CallsPerMinute is how many calls a key may make in any 60 seconds. Zero means 80. A negative
	// number means no limit.
	CallsPerMinute int

	// RetryAfter adds the header Retry-After to answers of the rate limit. JazzHR documents no such
	// header.
	RetryAfter bool

	// PublicURL is the simulator's own address, without a path. Exports use it in the addresses of
	// documents. Empty means https://api.jazz.co.
	PublicURL string
}

// defaultCallsPerMinute is the limit that three public clients observe.
const defaultCallsPerMinute = 80

// Sim is the simulator. Make one with [New] or [NewServer].
type Sim struct {
	opts     Options
	client   *http.Client // sends webhooks
	tokenKey []byte       // signs the tokens of documents
	closed   chan struct{}
	close    sync.Once

	mu        sync.Mutex
	accounts  []*Account
	byKey     map[string]*Account
	rules     []*Injected
	chaos     Chaos
	idRand    *rand.ChaCha8
	faultRand *rand.Rand
	counts    map[countKey]int
	writes    []Write
	sequence  uint64 // number of the last record, for the order of lists
	number    int64  // last internal id
	changed   chan struct{}
}

// New returns a simulator without accounts. It runs no goroutines while it is idle.
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
		opts:      opts,
		client:    webhookClient(),
		closed:    make(chan struct{}),
		byKey:     make(map[string]*Account),
		idRand:    rand.NewChaCha8(seed(opts.Seed, 'i')),
		faultRand: rand.New(rand.NewChaCha8(seed(opts.Seed, 'd'))), //nolint:gosec // faults that the seed must repeat
		counts:    make(map[countKey]int),
		number:    39011521, // near a recorded one, so it does not look like an API id
		changed:   make(chan struct{}),
	}
	s.tokenKey = make([]byte, 32)
	_, _ = s.idRand.Read(s.tokenKey) // never fails
	return s
}

// seed extends a short seed to the length that the generator needs. use separates generators that
// must not draw the same numbers.
func seed(n uint64, use byte) [32]byte {
	var b [32]byte
	copy(b[:], strconv.FormatUint(n, 16))
	b[31] = use
	return b
}

// Close ends hanging requests, drops late ones that were not applied, and closes the webhooks'
// connections. Call it before the server's shutdown, which waits for hanging requests.
func (s *Sim) Close() {
	s.close.Do(func() {
		close(s.closed)
		s.client.CloseIdleConnections()
	})
}

// AddAccount adds an account with the given API key and returns it. It panics if the key is in use,
// because that is a mistake in the test.
func (s *Sim) AddAccount(key string) *Account {
	s.mu.Lock()
	defer s.unlockChanged()
	if _, taken := s.byKey[key]; taken {
		panic("jazzhrtest: two accounts with one API key")
	}
	a := newAccount(s, "account-"+strconv.Itoa(len(s.accounts)+1), key)
	a.settings.Company = "Company " + strconv.Itoa(len(s.accounts)+1)
	s.register(a)
	return a
}

// register adds an account to the simulator.
func (s *Sim) register(a *Account) {
	s.accounts = append(s.accounts, a)
	s.byKey[a.key] = a
}

// Account returns the account with the given API key, or nil.
func (s *Sim) Account(key string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byKey[key]
}

// Accounts returns all accounts, in the order they were added.
func (s *Sim) Accounts() []*Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Account(nil), s.accounts...)
}

// Wait waits until done returns true. It calls done at once and after every change: a request, a
// write, an export, a setting. Its error is the context's.
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

// watch returns a channel that closes at the next change.
func (s *Sim) watch() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// unlockChanged reports a change to all watchers and releases the lock.
func (s *Sim) unlockChanged() {
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
}

// now returns the time in the API's time zone.
func (s *Sim) now() time.Time { return s.opts.Clock().In(s.opts.Location) }

// newID returns an id in JazzHR's form: a prefix, 14 digits of time and 16 characters.
func (s *Sim) newID(prefix string, at time.Time) string {
	return prefix + "_" + at.Format("20060102150405") + "_" + s.random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

// random returns n random characters of an alphabet.
func (s *Sim) random(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.idRand.Uint64()%uint64(len(alphabet))]
	}
	return string(b)
}

// newNumber returns an internal id. The API does not know these.
func (s *Sim) newNumber() int64 {
	s.number += 1 + int64(s.idRand.Uint64()%7)
	return s.number
}
