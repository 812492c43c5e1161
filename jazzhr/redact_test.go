package jazzhr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// shown prints a value in every way a log or a page might.
func shown(value any) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%v %+v %#v %s", value, value, value, value)
	logger := slog.New(slog.NewJSONHandler(&text, nil))
	logger.Info("shown", "value", value)
	slog.New(slog.NewTextHandler(&text, nil)).Info("shown", "value", value)
	return text.String()
}

func leaks(text string) bool {
	for _, form := range []string{
		testKey, url.QueryEscape(testKey), url.PathEscape(testKey), "k3y", "zoe@example.com", "http://", "https://",
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// No error of any endpoint shows the key, in any failure mode.
func TestKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, `{"error":%q}`, "can't do "+r.URL.RawQuery+" with "+testKey+" "+url.QueryEscape(testKey)+fmt.Sprint(len(body)))
	}
	modes := map[string]http.HandlerFunc{
		"echo": echo,
		"hang": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"bad header": func(w http.ResponseWriter, _ *http.Request) {
			conn, buffered, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = buffered.WriteString("HTTP/1.1 " + testKey + "\r\n\r\n")
			_ = buffered.Flush()
			_ = conn.Close()
		},
	}
	for name, mode := range failureModes() {
		modes[name] = mode.handler
	}
	for name, handler := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handler)
			timeout := DefaultTimeout
			if name == "hang" {
				timeout = 20 * time.Millisecond
			}
			checkSilent(t.Context(), t, Config{BaseURL: server.URL, Timeout: timeout}, soon())
			server.Close()
			checkSilent(t.Context(), t, Config{BaseURL: server.URL}, soon())
			checkSilent(t.Context(), t, Config{BaseURL: server.URL}, Send{})
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			checkSilent(cancelled, t, Config{BaseURL: server.URL}, soon())
		})
	}
}

func checkSilent(ctx context.Context, t *testing.T, config Config, send Send) {
	t.Helper()
	var mu sync.Mutex
	var observed []Call
	config.Observe = func(c Call) {
		mu.Lock()
		defer mu.Unlock()
		observed = append(observed, c)
	}
	account := newAccount(t, config, nil)
	for _, op := range operations() {
		err := op.call(ctx, account, send)
		if err == nil {
			t.Errorf("%s: no error", op.endpoint.name())
		}
		for chain := err; chain != nil; chain = errors.Unwrap(chain) {
			if text := shown(chain); leaks(text) {
				t.Errorf("%s: %s", op.endpoint.name(), text)
			}
		}
		var failure *Error
		if errors.As(err, &failure) && leaks(failure.Message) {
			t.Errorf("%s: message %s", op.endpoint.name(), failure.Message)
		}
	}
	if text := shown(observed); leaks(text) {
		t.Errorf("observed %s", text)
	}
	if text := shown(account) + shown(*account); leaks(text) {
		t.Errorf("account %s", text)
	}
}

func TestRedactMessage(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"apikey not set":                          "apikey not set",
		"two\nlines\tand\x00more":                 "two lines and more",
		"key " + testKey + "!":                    "key [redacted]!",
		"key k3y/of+the\naccount%7":               "key [redacted]",
		"broken \xff":                             "broken �",
		strings.Repeat("é", 200):                  strings.Repeat("é", 150) + "…",
		strings.Repeat("x", 295) + " " + testKey:  strings.Repeat("x", 295) + " [red…",
		"x" + strings.Repeat("é", maxMessage/2+1): "x" + strings.Repeat("é", maxMessage/2-1) + "…",
	} {
		if got := redactMessage(message, testKey); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
	if got := redactMessage("some text", ""); got != "some text" {
		t.Errorf("no key: %q", got)
	}
}
