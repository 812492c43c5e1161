package webtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Answer is what a request was answered with.
type Answer struct {
	T      *testing.T
	Status int
	Header http.Header
	Body   []byte
}

// Send makes a request. A header is given as name and value.
func (s *Service) Send(method, path string, body []byte, header ...string) Answer {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.T.Context(), method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	for pair := range slices.Chunk(header, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	return Answer{s.T, resp.StatusCode, resp.Header, text}
}

// API calls the API with a token and a body, which may be empty.
func (s *Service) API(method, path, body string) Answer {
	s.T.Helper()
	return s.Send(method, path, []byte(body), "Authorization", "Bearer "+APIToken)
}

// Post posts a form to the console, as a browser does from one of the console's pages.
func (s *Service) Post(path string, form url.Values, header ...string) Answer {
	s.T.Helper()
	header = append([]string{
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin",
	}, header...)
	return s.Send("POST", path, []byte(form.Encode()), header...)
}

// SignIn signs in to the console and returns the cookie of the session.
func (s *Service) SignIn() string {
	s.T.Helper()
	got := s.Post("/console/sign-in", url.Values{"token": {AdminToken}}).Want(http.StatusSeeOther)
	cookie, _, _ := strings.Cut(got.Header.Get("Set-Cookie"), ";")
	return cookie
}

// Want fails the test unless the answer has the status, and returns the answer.
func (a Answer) Want(status int) Answer {
	a.T.Helper()
	if a.Status != status {
		a.T.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Code is the code of an error: a web.Code.
type Code interface {
	String() string
	Status() int // the HTTP status that it comes with
}

// WantError fails the test unless the answer is an error of the code and, where one is given, of
// the field.
func (a Answer) WantError(code Code, field string) Answer {
	a.T.Helper()
	a.Want(code.Status())
	if got := a.Get("error.code"); got != code.String() {
		a.T.Fatalf("code %v, want %s: %s", got, code, a.Body)
	}
	if got, _ := a.LookUp("error.field"); field != "" && got != field {
		a.T.Fatalf("field %v, want %s: %s", got, field, a.Body)
	}
	return a
}

// Get returns a member of the answer, by a path such as items.0.id. It fails the test if there is
// none.
func (a Answer) Get(path string) any {
	a.T.Helper()
	value, ok := a.LookUp(path)
	if !ok {
		a.T.Fatalf("no %s in %s", path, a.Body)
	}
	return value
}

// Text returns a member that is a string, by its path.
func (a Answer) Text(path string) string {
	a.T.Helper()
	text, ok := a.Get(path).(string)
	if !ok {
		a.T.Fatalf("%s is no string in %s", path, a.Body)
	}
	return text
}

// LookUp returns a member by its path, and whether there is one.
func (a Answer) LookUp(path string) (any, bool) {
	a.T.Helper()
	var value any
	if err := json.Unmarshal(a.Body, &value); err != nil {
		a.T.Fatalf("%v: %s", err, a.Body)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			member, ok := v[name]
			if !ok {
				return nil, false
			}
			value = member
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}
