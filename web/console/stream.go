package console

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// heartbeat is how often something is sent, so that no side and no proxy takes the stream for
	// dead.
	heartbeat = 15 * time.Second
	// sessionCheck is how often a stream checks that its session is valid.
	sessionCheck = time.Minute
	// writeTimeout is how long a write to a browser may block.
	writeTimeout = 10 * time.Second
	// maxPlace is the length of the longest address of a live page, in bytes.
	maxPlace = 2 << 10
)

// Streamed is the key in Gin's context that marks the request of a stream. Its duration tells
// nothing.
const Streamed = "console.streamed"

// stream answers a live page's request for changes with server-sent events. Each event carries a
// part of the page and has the part's name. who returns who asks; it is called again while the
// stream lasts. The stream counts as one of w's.
func (k *Console) stream(c *gin.Context, s *compiledPage, who func(*gin.Context) (person, error), w watcher) {
	c.Set(Streamed, true)
	p, err := who(c)
	if err != nil {
		k.fail(c, err)
		return
	}
	at := placeOf(c, s.page.query...)
	at.path = strings.TrimSuffix(at.path, liveSuffix)
	if len(c.Request.URL.RequestURI()) > maxPlace {
		k.fail(c, errNotFound)
		return
	}
	out := newEvents(c)
	if p.Role == 0 || p.Role < s.least {
		// The browser would repeat a refused request for ever. This event makes it load the page,
		// which leads to the sign-in, or says what role is needed.
		_ = out.send("reload", nil)
		return
	}
	if s.page.reads != nil {
		k.setPerson(c, p.Name, k.sessions.keyOf(c))
		if err := k.recordReading(c.Request.Context(), s.page, at); err != nil {
			k.fail(c, err)
			return
		}
	}
	view := k.views.join(w, p.Role.String()+" "+at.href(), func() *view { return k.viewOf(s, at, p.Role) })
	if view == nil {
		c.Header("Retry-After", "5")
		k.fail(c, &failure{
			Status: http.StatusServiceUnavailable, Code: "overloaded", Message: "too many live pages are open",
		})
		return
	}
	defer k.views.leave(w, view)
	k.follow(c, view, out, func() (bool, error) {
		now, err := who(c)
		return now == p, err
	})
}

// follow sends changes until the browser leaves, the server shuts down, or same says that the stream is
// no longer for the person whom it was for.
func (k *Console) follow(c *gin.Context, v *view, out *events, same func() (bool, error)) {
	beat, check := time.NewTicker(heartbeat), time.NewTicker(sessionCheck)
	defer beat.Stop()
	defer check.Stop()
	if out.comment("live") != nil {
		return
	}
	version := 0
	for {
		parts, now, changed := v.since(version)
		if out.sendAll(parts) != nil {
			return
		}
		version = now
		select {
		case <-c.Request.Context().Done():
			return
		case <-k.views.ending:
			return
		case <-changed:
		case <-beat.C:
			if out.comment("beat") != nil {
				return
			}
		case <-check.C:
			// An error means that the database is away. The stream goes on, because it tells people
			// so.
			if same, err := same(); err == nil && !same {
				_ = out.send("reload", nil)
				return
			}
		}
	}
}

// events writes server-sent events.
type events struct {
	c       *gin.Context
	control *http.ResponseController
	begun   bool
}

func newEvents(c *gin.Context) *events {
	return &events{c: c, control: http.NewResponseController(c.Writer)}
}

// begin lifts the read deadline of the server, which would end the stream, and writes the header.
func (e *events) begin() error {
	e.begun = true
	if err := e.control.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	header := e.c.Writer.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("X-Accel-Buffering", "no") // else nginx buffers the stream
	e.c.Status(http.StatusOK)
	// How long a browser waits before it connects again, in milliseconds.
	return e.write([]byte("retry: 1000\n\n"))
}

func (e *events) write(text []byte) error {
	if !e.begun {
		if err := e.begin(); err != nil {
			return err
		}
	}
	if err := e.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	if _, err := e.c.Writer.Write(text); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	if err := e.control.Flush(); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	return nil
}

// comment sends a comment, which browsers ignore.
func (e *events) comment(text string) error { return e.write([]byte(": " + text + "\n\n")) }

func (e *events) send(name string, data []byte) error { return e.write(event(name, data)) }

// sendAll sends an event for each part in one write, the banner first.
func (e *events) sendAll(parts map[string][]byte) error {
	if len(parts) == 0 {
		return nil
	}
	names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		if (a == bannerPart) != (b == bannerPart) {
			if a == bannerPart {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var text []byte
	for _, name := range names {
		text = append(text, event(name, parts[name])...)
	}
	return e.write(text)
}

// lineEnds are what ends a line in a server-sent event, by the HTML standard. A lone CR in a name
// would otherwise begin a line of its own.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n") //nolint:gochecknoglobals // it is never changed

// event encodes a server-sent event. Each line of the data becomes a data line.
func event(name string, data []byte) []byte {
	var text bytes.Buffer
	text.WriteString("event: " + name + "\n")
	for line := range strings.Lines(lineEnds.Replace(string(data))) {
		text.WriteString("data: ")
		text.WriteString(strings.TrimSuffix(line, "\n"))
		text.WriteByte('\n')
	}
	if len(data) == 0 {
		text.WriteString("data: \n")
	}
	text.WriteByte('\n')
	return text.Bytes()
}
