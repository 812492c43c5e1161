package jazzhr

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
)

// TestClassify holds what each status means with each kind of body, for each of what an endpoint
// does.
func TestClassify(t *testing.T) {
	t.Parallel()
	bodies := []struct{ name, text string }{
		{"business error", `{"error":"not taken"}`},
		{"other JSON", `{"status":"ok"}`},
		{"page", `<html>Sorry</html>`},
		{"nothing", ``},
	}
	// The columns are the bodies. In each: create, link, note, read of a record, read of a list.
	//   R  Rejected       N  UnknownRoute   U  Unknown or Unavailable
	//   A  Unauthorized   L  RateLimited    G  ErrNotFound
	const unclear = "UUUUU UUUUU UUUUU UUUUU"
	for status, row := range map[int]string{
		200: "RRRRR UUUGU UUUUU UUUGU",
		201: "RRRRR UUUGU UUUUU UUUGU",
		301: unclear,
		302: unclear,
		304: unclear,
		400: "RRRRR UUUUU UUUUU UUUUU",
		401: "AAAAA AAAAA AAAAA AAAAA",
		402: unclear,
		403: unclear,
		404: "URNGU UUNGU UUNUU UUNUU",
		405: "UUNUU UUNUU UUNUU UUNUU",
		406: unclear,
		407: unclear,
		408: unclear,
		409: "RRRRR UUUUU UUUUU UUUUU",
		410: "RRRGR UUUGU UUUUU UUUUU",
		413: "RRRRR UUUUU UUUUU UUUUU",
		415: unclear,
		418: unclear,
		422: "RRRRR UUUUU UUUUU UUUUU",
		425: unclear,
		429: "LLLLL LLLLL LLLLL LLLLL",
		451: unclear,
		500: unclear,
		501: unclear,
		502: unclear,
		503: unclear,
		504: unclear,
		520: unclear,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			for i, body := range bodies {
				account := serve(t, answer(status, body.text))
				for _, op := range operations() {
					want := row[6*i+column(op.endpoint.does)]
					err := op.call(t.Context(), account, soon())
					if got := letter(err); status != http.StatusNotModified && got != want || got == '?' {
						t.Errorf("%s, %s: %c, want %c: %v", op.endpoint.name(), body.name, got, want, err)
					}
				}
			}
		})
	}
}

func column(does action) int {
	return map[action]int{createApplicant: 0, linkApplicant: 1, writeNote: 2, readRecord: 3, readList: 4}[does]
}

func letter(err error) byte {
	var failure *Error
	switch {
	case errors.Is(err, ErrNotFound):
		return 'G'
	case !errors.As(err, &failure):
		return '?'
	}
	return map[Kind]byte{
		Rejected: 'R', UnknownRoute: 'N', Unknown: 'U', Unavailable: 'U', Unauthorized: 'A', RateLimited: 'L',
	}[failure.Kind]
}

// TestNoAnswerOfAServerThatIsDownRefuses holds, over all statuses, that a server that did not come
// to an end neither refuses a write nor says that it was not applied.
func TestNoAnswerOfAServerThatIsDownRefuses(t *testing.T) {
	t.Parallel()
	a := newAccount(t, Config{}, nil)
	for status := range 1000 {
		for _, text := range []string{`{"error":"down"}`, `{"_error":"down"}`, `"error: down"`, `{}`, `[]`, `<html>`, ``} {
			for _, op := range operations() {
				got := a.classify(target{endpoint: op.endpoint}, reply{status: status, body: parseBody([]byte(text))}, Unknown)
				down := status < 200 || status > 499 || status >= 300 && status < 400 || status == 408 || status == 403
				if down && (got == nil || got.Kind != Unknown) {
					t.Errorf("%d %s to %s: %v", status, text, op.endpoint.name(), got)
				}
			}
		}
	}
}
