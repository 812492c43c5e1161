package web_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/web/console"
	"github.com/intrvio/jazzhr-worker/web/webtest"
)

// TestMalformedBodies sends malformed bodies to every route that takes one, with everything else
// right. The API and the webhook refuse each, and nothing changes. What the console takes for a form
// without what it looks for makes it fail nowhere.
func TestMalformedBodies(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	s.API("PATCH", tenant.Path, `{"name":"Before"}`).Want(http.StatusOK)
	link := s.API("POST", tenant.Path+"/connect-links", `{"purpose":"connect"}`).Want(http.StatusCreated).Text("url")
	places := strings.NewReplacer(
		"/webhooks/jazzhr/:token", tenant.Webhook, "/connect/:token", strings.TrimPrefix(link, s.URL), ":id", tenant.ID.String(),
	)
	header := []string{"Authorization", "Bearer " + webtest.APIToken, "Cookie", s.SignIn(), "Sec-Fetch-Site", "same-origin"}
	r := rand.New(rand.NewPCG(1, 2))
	send := func(pages bool, bodies int, mayBe func(status int) bool) {
		for _, route := range s.server.Routes() {
			path := fill(places.Replace(route.Path))
			if route.Method == http.MethodGet || strings.HasPrefix(path, "/console/river") || console.Serves(path) != pages {
				continue
			}
			for range bodies {
				body := malformed(r)
				if got := s.Send(route.Method, path, body, header...); !mayBe(got.Status) {
					t.Errorf("%s %s: %d for %.100q", route.Method, route.Path, got.Status, body)
					break
				}
			}
		}
	}
	send(false, 300, func(status int) bool { return status/100 == 4 })
	if shown := s.API("GET", tenant.Path, ""); shown.Text("name") != "Before" || shown.Text("state") != "active" {
		t.Errorf("the tenant is %s", shown.Body)
	}
	s.WantCount(1, "tenants")
	s.WantCount(0, "writebacks")
	s.WantCount(0, "webhooks")
	header = append(header, "Content-Type", "application/x-www-form-urlencoded")
	send(true, 30, func(status int) bool { return status < http.StatusInternalServerError })
}

// fill puts an id for every other parameter of a path.
func fill(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, ":") || strings.HasPrefix(segment, "*") {
			segments[i] = uuid.NewString()
		}
	}
	return strings.Join(segments, "/")
}

// malformed returns a body that is no right one of any route.
func malformed(r *rand.Rand) []byte {
	const good = `{"name":"Acme","region":"us","candidate":{"email":"ada@example.com","id":"c"},"note":{"score":4},"interview_id":"i"}`
	noise := make([]byte, 1+r.IntN(200))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	at := 1 + r.IntN(len(good)-1)
	return slices.Concat([][]byte{
		append([]byte{0xFF}, noise...),
		[]byte(good[:at]),
		[]byte(good + good[:at]),
		[]byte(good[:1] + `"name":"twice",` + good[1:] + "x"),
		[]byte(`{"no such member":` + good + `}`),
		[]byte(`{"name":"\ud800` + string(noise) + `"}`),
		[]byte(strings.Repeat("[", 10_000)),
		[]byte(strings.Repeat(`{"candidate":`, 5000)),
		[]byte(`[` + good + `]`),
		[]byte(`"` + good[:1] + `"`),
		[]byte(fmt.Sprintf(`{"no such member":%d%s}`, r.Uint64(), strings.Repeat("9", r.IntN(1000)))),
		[]byte("{\x00}"),
		[]byte("%00=%ff&name=%c3%28&%zz"),
	}[r.IntN(13)])
}
