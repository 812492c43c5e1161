package console_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/web"
)

// live is an open stream of a live page.
type live struct {
	t      *testing.T
	reader *bufio.Reader
	cut    context.CancelFunc
	shown  map[string]string // of each part
}

// openLive opens a stream at an address.
func (s *service) openLive(address, cookie string) *live {
	s.t.Helper()
	stream, status := s.tryLive(address, cookie)
	if stream == nil {
		s.t.Fatalf("no stream: status %d", status)
	}
	return stream
}

// tryLive is openLive for a stream that may be refused: then it returns nil.
func (s *service) tryLive(address, cookie string) (stream *live, status int) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cancel()
		_ = resp.Body.Close()
	})
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(kind, "text/event-stream") {
		return nil, resp.StatusCode
	}
	return &live{t: s.t, reader: bufio.NewReader(resp.Body), cut: cancel, shown: map[string]string{}}, resp.StatusCode
}

// wantPart fails the test unless the next event is a part of the page.
func (l *live) wantPart() {
	l.t.Helper()
	if name, _, err := l.next(); err != nil || name == "reload" {
		l.t.Fatalf("event %q, error %v", name, err)
	}
}

// openAll opens streams at an address until one is refused, and returns how many it got.
func (s *service) openAll(address, cookie string) (got int) {
	s.t.Helper()
	for ; got <= 300; got++ {
		if stream, status := s.tryLive(fmt.Sprintf("%s?n=%d", address, got), cookie); stream == nil {
			if status != http.StatusServiceUnavailable {
				s.t.Fatalf("refused with %d", status)
			}
			break
		}
	}
	return got
}

// TestFinding24Streams takes all streams that a link gets, and all that a session gets: operators,
// and others of their kind, still get theirs.
func TestFinding24Streams(t *testing.T) {
	t.Parallel()
	s := start(t)
	sam, link, other := s.signIn(), s.linkTo(s.newTenant(), "connect"), s.linkTo(s.newTenant(), "connect")
	if got := s.openAll(s.url+link+"/live", ""); got != 8 {
		t.Errorf("one link got %d streams", got)
	}
	// Another spelling of the link is no other link.
	for _, spelled := range []string{link[:20] + "%0A" + link[20:], link[:20] + "%0D" + link[20:], "/connect/%" + fmt.Sprintf("%x", link[9]) + link[10:]} {
		if stream, status := s.tryLive(s.url+spelled+"/live", ""); stream == nil && status != http.StatusServiceUnavailable {
			t.Errorf("%s is answered %d", spelled, status)
		} else if stream != nil {
			if name, _, err := stream.next(); name != "reload" {
				t.Errorf("%s has a stream: %s, %v", spelled, name, err)
			}
		}
	}
	s.openLive(s.url+other+"/live", "").wantPart()
	if got := s.openAll(s.url+"/console/health/live", sam); got != 32 {
		t.Errorf("one session got %d streams", got)
	}
	s.openLive(s.url+"/console/health/live", s.person("Ada")).until("nodes", "No process")
	s.openLive(s.url+other+"/live", "").wantPart()
}

// next returns the next event, or io.EOF at the end of the stream.
func (l *live) next() (name, data string, err error) {
	l.t.Helper()
	for {
		line, err := l.reader.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		line = strings.TrimSuffix(line, "\n")
		if text, ok := strings.CutPrefix(line, "event: "); ok {
			name, data = text, ""
		} else if text, ok := strings.CutPrefix(line, "data: "); ok {
			data += text + "\n"
		} else if line == "" && name != "" {
			return name, strings.TrimSuffix(data, "\n"), nil
		}
	}
}

// until reads events until a part contains a text. The last event may contain it already, because
// all changes of one moment are in one event.
func (l *live) until(part, text string) string {
	l.t.Helper()
	for !strings.Contains(l.shown[part], text) {
		name, data, err := l.next()
		if err != nil {
			l.t.Fatalf("%s with %q never came: %v", part, text, err)
		}
		l.shown[name] = data
	}
	return l.shown[part]
}

func (s *service) addNode(name string) {
	s.t.Helper()
	s.exec("INSERT INTO jazzhr.nodes (node_id) VALUES ($1)", name)
}

func TestLivePageFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	first, second := s.openLive(s.url+"/console/health/live", cookie), s.openLive(s.url+"/console/health/live", cookie)
	for _, stream := range []*live{first, second} {
		stream.until("nodes", "No process works the queue")
	}
	s.addNode("worker-1")
	for _, stream := range []*live{first, second} {
		stream.until("nodes", "worker-1")
	}
	second.cut()

	s.server.EndStreams()
	for {
		if _, _, err := first.next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	// No stream begins any more.
	s.send("GET", "/console/health/live", nil, "Cookie", cookie).want(http.StatusServiceUnavailable)
}

func TestStreamNeedsASession(t *testing.T) {
	t.Parallel()
	s := start(t)
	stream := s.openLive(s.url+"/console/health/live", "jazzhr_console=nonsense")
	if name, data, err := stream.next(); name != "reload" || data != "" || err != nil {
		t.Errorf("event %q with %q, error %v", name, data, err)
	}
	if _, _, err := stream.next(); !errors.Is(err, io.EOF) {
		t.Errorf("it goes on: %v", err)
	}
}

// TestStreamOutlivesTimeouts holds that the server's timeouts for requests do not end a stream, and
// that a shutdown does.
func TestStreamOutlivesTimeouts(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	server := httptest.NewUnstartedServer(nil)
	server.Config = web.HTTPServer(s.server.Handler(), s.logger())
	server.Config.ReadTimeout, server.Config.WriteTimeout = time.Second, time.Second
	server.Config.RegisterOnShutdown(s.server.EndStreams)
	server.Start()
	stream := s.openLive("http://"+server.Listener.Addr().String()+"/console/health/live", cookie)
	for i := range 3 { // each takes up to the page's interval of two seconds
		name := fmt.Sprintf("worker-%d", i)
		s.addNode(name)
		stream.until("nodes", name)
	}
	if err := server.Config.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLivePageTellsOfADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	server := dbtest.Server(t)
	s := startOn(t, dbtest.NewOn(t, server).Pool)
	cookie := s.signIn()
	stream := s.openLive(s.url+"/console/health/live", cookie)
	stream.until("nodes", "No process")
	server.StopImmediate()
	stream.until("banner", "The database can’t be reached")
	page := s.send("GET", "/console/health", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusServiceUnavailable)
	if !strings.Contains(string(page.body), "The database can’t be reached") || !strings.Contains(string(page.body), `hx-get="/console/health"`) {
		t.Errorf("the page: %s", page.body)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for stream.shown["banner"] != "" {
		name, data, err := stream.next()
		if err != nil {
			t.Fatalf("the banner stays: %v", err)
		}
		stream.shown[name] = data
	}
	s.addNode("worker-1")
	stream.until("nodes", "worker-1")
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	page := s.send("GET", "/console/nothing", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusNotFound)
	if !strings.Contains(string(page.body), "<h1>Nothing here</h1>") || !strings.HasPrefix(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s", page.body)
	}
	s.send("GET", "/console/nothing", nil, "Cookie", cookie).wantError(web.CodeNotFound, "")
	refused := s.send("POST", "/console/sign-out", nil, "Cookie", cookie, "Accept", "text/html", "Sec-Fetch-Site", "cross-site")
	if !strings.Contains(string(refused.want(http.StatusForbidden).body), "<h1>Refused</h1>") {
		t.Errorf("%s", refused.body)
	}

	away := startOn(t, nowhere(t))
	page = away.send("GET", "/console/health?a=b", nil, "Cookie", cookie, "Accept", "text/html").want(http.StatusServiceUnavailable)
	if !strings.Contains(string(page.body), `hx-get="/console/health?a=b"`) || page.header.Get("Retry-After") == "" {
		t.Errorf("%s", page.body)
	}
}

// TestFragment holds that htmx gets only the content of the main element.
func TestFragment(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	fragment := s.send("GET", "/console/health", nil, "Cookie", cookie, "HX-Request", "true").want(http.StatusOK)
	if text := string(fragment.body); strings.Contains(text, "<html") || !strings.HasPrefix(text, "<title>Health") ||
		!strings.Contains(text, `sse-connect="/console/health/live"`) || fragment.header.Get("Vary") != "HX-Request" {
		t.Errorf("%s", text)
	}
	signedOut := s.send("GET", "/console/health", nil, "HX-Request", "true").want(http.StatusNoContent)
	if to := signedOut.header.Get("HX-Redirect"); to != "/console/sign-in" {
		t.Errorf("signed out, it leads to %q", to)
	}
}

func TestRecordPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.signIn()
	s.exec(`INSERT INTO jazzhr.actions (action_id, who, what, result) SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
		'person ' || n, 'pause', 'failed' FROM generate_series(1, 120) n`)
	path, seen := "/console/actions", map[string]bool{}
	for pages := 1; path != ""; pages++ {
		text := string(s.send("GET", path, nil, "Cookie", cookie).want(http.StatusOK).body)
		for _, row := range strings.Split(text, `<th scope="row">`)[1:] {
			name, _, _ := strings.Cut(row, "</th>")
			seen[name] = true
		}
		next := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(text)
		path = ""
		if next != nil {
			path = html.UnescapeString(next[1])
		}
		if pages > 3 {
			t.Fatal("more pages than rows")
		}
	}
	if len(seen) != 121 { // and the sign-in
		t.Errorf("%d people seen", len(seen))
	}
	s.send("GET", "/console/actions?after=nonsense", nil, "Cookie", cookie).want(http.StatusNotFound)
}
