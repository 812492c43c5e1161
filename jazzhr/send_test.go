package jazzhr

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

// movableClock is a clock that a test can set while a call runs.
type movableClock struct{ by atomic.Int64 }

func (s *movableClock) now() time.Time { return time.Now().Add(time.Duration(s.by.Load())) }

// discardLog is for servers whose handshakes are meant to fail.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// received is everything that a raw connection brought.
type received struct {
	bytes []byte
	err   error
}

// listen accepts one connection and reads it to the end.
func listen(t *testing.T) (baseURL string, got <-chan received) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	results := make(chan received, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		bytes, err := io.ReadAll(conn)
		results <- received{bytes, err}
	}()
	return "http://" + listener.Addr().String(), results
}

func TestLateWriteDeliversNothing(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if !op.write() {
			continue
		}
		t.Run(op.endpoint.name(), func(t *testing.T) {
			t.Parallel()
			baseURL, got := listen(t)
			clock := new(movableClock)
			// The deadline passes between the gate and the first byte.
			account := newAccount(t, Config{BaseURL: baseURL, Now: clock.now}, func(context.Context) error {
				clock.by.Store(int64(time.Hour))
				return nil
			})
			err := op.call(t.Context(), account, soon())
			var failure *Error
			if !errors.As(err, &failure) || failure.Kind != NotSent || !errors.Is(err, ErrTooLate) {
				t.Errorf("got %v", err)
			}
			if r := <-got; len(r.bytes) != 0 {
				t.Errorf("%d bytes arrived", len(r.bytes))
			}
		})
	}
}

func TestLateWriteUnderTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	clock := new(movableClock)
	account := newAccount(t, Config{BaseURL: server.URL, Now: clock.now}, func(context.Context) error {
		clock.by.Store(int64(time.Hour))
		return nil
	})
	account.client.writes.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	_, err := account.LinkApplicant(t.Context(), soon(), "p", "j")
	var failure *Error
	if !errors.As(err, &failure) || failure.Kind != NotSent || !errors.Is(err, ErrTooLate) {
		t.Errorf("got %v", err)
	}
}

// net/http sends the headers before the first Read of a body it does not know. That is why
// writeGuard sits in the connection and not in the body.
func TestHeadersLeaveBeforeBodyIsRead(t *testing.T) {
	t.Parallel()
	baseURL, got := listen(t)
	refusing := io.NopCloser(iotest.ErrReader(errors.New("refused")))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, baseURL, refusing)
	if err != nil {
		t.Fatal(err)
	}
	transport := new(http.Transport)
	if _, err := transport.RoundTrip(request); err == nil {
		t.Fatal("no error")
	}
	if r := <-got; len(r.bytes) == 0 {
		t.Error("nothing was sent: a check in the body reader would be enough for Send.NotAfter")
	}
}

func TestLateInMidWrite(t *testing.T) {
	t.Parallel()
	baseURL, got := listen(t)
	var asked atomic.Int32
	// The client asks the clock at the start, after the gate and at the first piece.
	now := func() time.Time {
		if asked.Add(1) > 3 {
			return time.Now().Add(time.Hour)
		}
		return time.Now()
	}
	account := newAccount(t, Config{BaseURL: baseURL, Now: now}, nil)
	contents := strings.Repeat("x", 8<<20)
	_, err := account.WriteNote(t.Context(), soon(), NoteRouteNotes, "p", contents)
	var failure *Error
	if !errors.As(err, &failure) || failure.Kind != Unknown {
		t.Errorf("got %v", err)
	}
	if r := <-got; len(r.bytes) == 0 || len(r.bytes) > len(contents) {
		t.Errorf("%d bytes arrived", len(r.bytes))
	}
}

func TestNotAfterEndsTheWait(t *testing.T) {
	t.Parallel()
	baseURL, got := listen(t)
	account := newAccount(t, Config{BaseURL: baseURL}, nil)
	_, err := account.LinkApplicant(t.Context(), Send{NotAfter: time.Now().Add(2 * time.Second)}, "p", "j")
	var failure *Error
	if !errors.As(err, &failure) || failure.Kind != Unknown || !errors.Is(err, errTimeout) {
		t.Errorf("got %v", err)
	}
	if r := <-got; len(r.bytes) == 0 || !errors.Is(r.err, syscall.ECONNRESET) {
		t.Errorf("%d bytes, then %v; want a reset", len(r.bytes), r.err)
	}
}

func TestNotAfterEndsTheGate(t *testing.T) {
	t.Parallel()
	account := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	account.gate = func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	_, err := account.LinkApplicant(t.Context(), Send{NotAfter: time.Now().Add(20 * time.Millisecond)}, "p", "j")
	var failure *Error
	if !errors.As(err, &failure) || failure.Kind != NotSent || !errors.Is(err, ErrTooLate) {
		t.Errorf("got %v", err)
	}
}

func TestLate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, test := range []struct {
		name          string
		now, notAfter time.Time
		want          bool
	}{
		{"before", now, now.Add(time.Second), false},
		{"at", now, now, false},
		{"after", now.Add(1), now, true},
		{"wall clock alone", now.Round(0).Add(1), now.Round(0), true},
		{"zero", now, time.Time{}, true},
	} {
		if got := late(test.now, test.notAfter); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestNeverArrived(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(nil)
	refusing.Close()
	untrusted := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	untrusted.Config.ErrorLog = discardLog()
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := httptest.NewUnstartedServer(untrusted.Config.Handler)
	plain.Config.ErrorLog = discardLog()
	plain.Start()
	t.Cleanup(plain.Close)
	proxy := httptest.NewServer(answer(http.StatusForbidden, ""))
	t.Cleanup(proxy.Close)

	lookup := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "jazz.invalid", IsNotFound: true}}
	}
	through := func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	for _, test := range []struct {
		name, baseURL, want string
		change              func(*http.Transport)
	}{
		{"refused", refusing.URL, "connection refused", nil},
		{"dns", "http://jazz.invalid", "no such host", func(tr *http.Transport) { tr.DialContext = lookup }},
		{"certificate", untrusted.URL, "tls", nil},
		{"not tls", strings.Replace(plain.URL, "http:", "https:", 1), "tls", nil},
		{"proxy refuses", "https://jazz.invalid", "transport failure", func(tr *http.Transport) { tr.Proxy = through }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls atomic.Int32
			account := newAccount(t, Config{BaseURL: test.baseURL, Observe: func(c Call) {
				calls.Add(1)
				if c.Outcome != "not_sent" || c.Status != 0 {
					t.Errorf("observed %+v", c)
				}
			}}, nil)
			if test.change != nil {
				test.change(account.client.reads)
				test.change(account.client.writes)
			}
			for _, op := range operations() {
				err := op.call(t.Context(), account, soon())
				var failure *Error
				if !errors.As(err, &failure) || failure.Kind != NotSent || !strings.HasSuffix(err.Error(), ": "+test.want) {
					t.Errorf("%s: %v", op.endpoint.name(), err)
				}
			}
			if n := int(calls.Load()); n != len(operations()) {
				t.Errorf("%d calls observed", n)
			}
		})
	}
}

func TestWritesUseAConnectionOnce(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(answer(200, `{"appjob_id":"a"}`))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	account := newAccount(t, Config{BaseURL: server.URL}, nil)
	for range 3 {
		if _, err := account.LinkApplicant(t.Context(), soon(), "p", "j"); err != nil {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("%d connections for 3 writes", n)
	}
}
