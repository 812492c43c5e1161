package jazzhr

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// answer returns a handler that gives every request the same answer.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// reset closes the connection without an answer.
func reset(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// cutOff announces a longer body than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"prospect_id":"prospect_1"`)
}

// failureModes are the answers that are no success, each with the kind it has for a read and for a
// write.
func failureModes() map[string]struct {
	handler     http.HandlerFunc
	read, write Kind
} {
	type mode = struct {
		handler     http.HandlerFunc
		read, write Kind
	}
	return map[string]mode{
		"bad key":             {answer(401, `{"error":"invalid api key"}`), Unauthorized, Unauthorized},
		"401 page":            {answer(401, `<html>`), Unauthorized, Unauthorized},
		"rate limit":          {answer(429, ``), RateLimited, RateLimited},
		"rate limit in words": {answer(429, `{"error":"slow down"}`), RateLimited, RateLimited},
		"_error":              {answer(200, `{"_error":"applicant_id was not set"}`), Rejected, Rejected},
		"error":               {answer(200, `{"error":"apikey not set"}`), Rejected, Rejected},
		"bare error":          {answer(200, `"Error: no such job"`), Rejected, Rejected},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v1/elsewhere", http.StatusTemporaryRedirect)
		}, Unavailable, Unknown},
		"200 page":       {answer(200, `<html>maintenance</html>`), Unavailable, Unknown},
		"200 number":     {answer(200, `7`), Unavailable, Unknown},
		"200 two values": {answer(200, `[] []`), Unavailable, Unknown},
		"error no text":  {answer(500, `{"error":true}`), Unavailable, Unknown},
		"id and 500":     {answer(500, `{"id":"job_1","prospect_id":"p","appjob_id":"a","comment_id":"c"}`), Unavailable, Unknown},
		"reset":          {reset, Unavailable, Unknown},
		"cut off":        {cutOff, Unavailable, Unknown},
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for name, mode := range failureModes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := serve(t, mode.handler)
			for _, op := range operations() {
				want := mode.read
				if op.write() {
					want = mode.write
				}
				err := op.call(t.Context(), account, soon())
				var failure *Error
				if !errors.As(err, &failure) {
					t.Errorf("%s: %v is not an *Error", op.endpoint.name(), err)
					continue
				}
				if failure.Kind != want || failure.Op != op.endpoint.name() {
					t.Errorf("%s: %v; want %s", op.endpoint.name(), failure, want)
				}
				if (failure.Kind == Rejected) != (failure.Message != "") {
					t.Errorf("%s: %v with message %q", op.endpoint.name(), failure, failure.Message)
				}
			}
		})
	}
}

func TestWriteWithoutID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `[]`, `null`, ``, `<html>`, `{"comment_id":null}`, `{"comment_id":0}`, `{"comment_id":"0"}`,
		`{"comment_id":-1}`, `{"comment_id":"00"}`, `{"success":false,"comment_id":"77"}`, `{"status":"Error","comment_id":"78"}`, `{"comment_id":"c","error":"no"}`, `[{"comment_id":"c"}]`,
	} {
		account := serve(t, answer(200, body))
		_, err := account.WriteNote(t.Context(), soon(), NoteRouteApplicant, "p", "x")
		var failure *Error
		if !errors.As(err, &failure) || failure.Kind != Unknown || failure.Status != 200 || !errors.Is(err, ErrMissingID) {
			t.Errorf("%s: %v", body, err)
		}
	}
	_, err := serve(t, cutOff).WriteNote(t.Context(), soon(), NoteRouteApplicant, "p", "x")
	if errors.Is(err, ErrMissingID) {
		t.Errorf("cut off: %v", err)
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"job_applicants":[]}`, `{"id":"job_2"}`, `[]`, `null`, `{}`, `[{"id":"a"},{"id":"b"}]`, ``, "\n",
	} {
		account := serve(t, answer(200, body))
		var calls []Call
		account.client.observe = func(c Call) { calls = append(calls, c) }
		if _, err := account.Job(t.Context(), "job_1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("job %s: %v", body, err)
		}
		if _, err := account.Applicant(t.Context(), "prospect_1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("applicant %s: %v", body, err)
		}
		if len(calls) != 2 || calls[0].Outcome != OutcomeNotFound || calls[0].Status != 200 {
			t.Errorf("observed %+v", calls)
		}
	}
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	_, err := serve(t, answer(200, ``)).Jobs(t.Context(), JobFilter{}, 1)
	var failure *Error
	if !errors.As(err, &failure) || failure.Kind != Unavailable {
		t.Errorf("a list of nothing: %v", err)
	}
}

func TestTooLong(t *testing.T) {
	t.Parallel()
	account := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range maxBody>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	_, err := account.Jobs(t.Context(), JobFilter{}, 1)
	if !errors.Is(err, errTooLong) {
		t.Error(err)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	account := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	account.client.timeout = 2 * time.Second // long enough to send a request on a busy machine
	var calls sync.WaitGroup
	defer calls.Wait()
	for _, op := range operations() {
		calls.Go(func() {
			err := op.call(t.Context(), account, soon())
			var failure *Error
			if !errors.As(err, &failure) || failure.Kind != Unavailable && failure.Kind != Unknown ||
				!errors.Is(err, errTimeout) {
				t.Errorf("%s: %v", op.endpoint.name(), err)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: the client's timeout looks like the caller's: %v", op.endpoint.name(), err)
			}
		})
	}
}

func TestCallerCancels(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	account := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	for _, op := range operations() {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		err := op.call(ctx, account, soon())
		var failure *Error
		if !errors.As(err, &failure) || failure.Kind == NotSent || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", op.endpoint.name(), err)
		}
	}
}

func TestGateRefuses(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	account := serve(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	closed := errors.New("bucket closed")
	account.gate = func(context.Context) error { return closed }
	account.client.observe = func(c Call) { t.Errorf("observed %+v", c) }
	for _, op := range operations() {
		err := op.call(t.Context(), account, soon())
		var failure *Error
		if !errors.As(err, &failure) || failure.Kind != NotSent || !errors.Is(err, closed) {
			t.Errorf("%s: %v", op.endpoint.name(), err)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests passed the gate", n)
	}
}

func TestPathValues(t *testing.T) {
	t.Parallel()
	account := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("request to %s", r.URL.Path) })
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"empty id":       func() error { _, err := account.Job(ctx, ""); return err },
		"dots":           func() error { _, err := account.Applicant(ctx, ".."); return err },
		"dot filter":     func() error { _, err := account.Applicants(ctx, ApplicantFilter{Name: "."}, 1); return err },
		"page 0":         func() error { _, err := account.Jobs(ctx, JobFilter{}, 0); return err },
		"empty note id":  func() error { _, err := account.WriteNote(ctx, soon(), NoteRouteApplicant, "", "x"); return err },
		"no such route":  func() error { _, err := account.WriteNote(ctx, soon(), 0, "p", "x"); return err },
		"zero not after": func() error { _, err := account.LinkApplicant(ctx, Send{}, "p", "j"); return err },
	} {
		var failure *Error
		if err := call(); !errors.As(err, &failure) || failure.Kind != NotSent {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"62":                            62 * time.Second,
		"-5":                            0,
		"soon":                          0,
		"99999999999999999999":          0,
		"Mon, 23 Nov 2026 08:01:00 GMT": time.Minute,
		"Mon, 23 Nov 2026 07:59:00 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	account := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "62")
		w.WriteHeader(429)
	})
	var failure *Error
	if _, err := account.Jobs(t.Context(), JobFilter{}, 1); !errors.As(err, &failure) ||
		failure.RetryAfter != 62*time.Second {
		t.Errorf("%v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"api.example.com", "ftp://x", "https://", "https://u:p@x", "https://x?a=b", "https://x#f", "https://x\n",
	} {
		if _, err := NewClient(Config{BaseURL: base}); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := NewClient(Config{Timeout: -1}); err == nil {
		t.Error("negative timeout taken")
	}
	client, err := NewClient(Config{})
	if err != nil || client.base != DefaultBaseURL || client.timeout != DefaultTimeout {
		t.Errorf("defaults: %+v, %v", client, err)
	}
}
