package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	at := place{"/console/tenants", gin.Params{{Key: "id", Value: "nonsense"}}, url.Values{"q": {"a&b"}, "after": {"a2V5"}}}
	for want, got := range map[string]string{
		"/console/tenants?after=a2V5&q=a%26b": at.href(),
		"/console/tenants?q=a%26b":            at.href("after", ""),
		"/console/tenants?sort=name":          at.href("after", "", "q", "", "sort", "name"),
		"/console/tenants":                    at.href("after", "", "q", ""),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if key, err := at.after(); key != "key" || err != nil {
		t.Errorf("after %q, error %v", key, err)
	}
	if pages := at.pages("next"); pages.First != "/console/tenants?q=a%26b" || pages.Next != "/console/tenants?after=bmV4dA&q=a%26b" {
		t.Errorf("pages: %+v", pages)
	}
	if _, err := at.id("id"); err != errNotFound { //nolint:errorlint // it is never wrapped here
		t.Errorf("id: %v", err)
	}
	id := uuid.New()
	if got, err := (place{params: gin.Params{{Key: "id", Value: id.String()}}}).id("id"); got != id || err != nil {
		t.Errorf("id %s, error %v", got, err)
	}
	if _, err := (place{query: url.Values{"after": {"%%"}}}).after(); err == nil {
		t.Error("a made-up cursor is taken")
	}
}

// TestAction holds what a posted form leads to: the page to go to, and the notice that is shown
// there.
func TestAction(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.TestMode)
	tests := map[string]struct {
		do   func(context.Context, form) (string, string, error)
		want notice
	}{
		"done": {func(_ context.Context, f form) (string, string, error) {
			return "/console/x", "Hello " + f.values.Get("name") + ", " + f.who, nil
		}, notice{Text: "Hello <b>, admin"}},
		"against a rule": {func(context.Context, form) (string, string, error) {
			return problemOn("/console/x", "Give a name.")
		}, notice{Text: "Give a name.", Problem: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &Console{sessions: &sessions{tokenKey: []byte("key")}}
			recorder := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(recorder)
			c.Request = httptest.NewRequest("POST", "/console/x/pause", strings.NewReader("name=%3Cb%3E"))
			c.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			c.Set(personKey, person{Name: "admin", Role: Admin})
			k.serveAction(c, action{run: test.do})
			c.Writer.WriteHeaderNow()
			if recorder.Code != http.StatusSeeOther || recorder.Header().Get("Location") != "/console/x" {
				t.Fatalf("status %d to %s", recorder.Code, recorder.Header().Get("Location"))
			}
			cookie := recorder.Result().Cookies()[0]
			if got := takeNotice(k, cookie); got == nil || *got != test.want {
				t.Errorf("the notice is %+v", got)
			}
			cookie.Value = cookie.Value[:len(cookie.Value)-2] + "AA" // by somebody else
			if got := takeNotice(k, cookie); got != nil {
				t.Errorf("a forged notice is shown: %+v", got)
			}
		})
	}
}

func takeNotice(k *Console, cookie *http.Cookie) *notice {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/console/x", nil)
	c.Request.AddCookie(cookie)
	return k.takeNotice(c)
}

// TestFinding24QueryMakesNoView asks for every live page with what it does not read: the place, by
// which views are shared, stays the same.
func TestFinding24QueryMakesNoView(t *testing.T) {
	t.Parallel()
	k := &Console{}
	var pages []page
	for _, p := range k.allPages() {
		pages = append(pages, p.page)
	}
	for _, p := range k.linkPageOf() {
		pages = append(pages, p)
	}
	at := func(p page, query string) string {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/x?"+query, nil)
		return placeOf(c, p.query...).href()
	}
	for _, p := range pages {
		known := url.Values{}
		for _, name := range p.query {
			known.Set(name, "1")
		}
		for _, query := range []string{"", known.Encode()} {
			want := at(p, query)
			for _, more := range []string{"n=1", "n=2&m=3", "%00=1", "=1", "Q=1", "after[]=1"} {
				if got := at(p, query+"&"+more); got != want {
					t.Errorf("%s: %s is %s, want %s", p.file, more, got, want)
				}
			}
			for _, name := range p.query {
				if got := at(p, known.Encode()+"&"+name+"=2"); got != at(p, known.Encode()) {
					t.Errorf("%s: a second %s makes %s", p.file, name, got)
				}
			}
		}
	}
}
