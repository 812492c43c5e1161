package console

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"regexp"
	"sync"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
)

const (
	// maxStreams is how many streams of live pages one process serves at a time to operators, and
	// how many to those who use connect links. Neither can take the other's.
	maxStreams = 256
	// maxOfSession and maxOfLink are how many of them one session and one connect link may have.
	maxOfSession = 32
	maxOfLink    = 8
	// rendersAtOnce is how many views are rendered at the same time. It bounds the connections of
	// the pool that they use.
	rendersAtOnce = 4
	// viewTimeout bounds one rendering.
	viewTimeout = 5 * time.Second
	// bannerPart is the part of every live page that says when the page can't be updated.
	bannerPart = "banner"
)

// views are the live pages that somebody looks at. All with the same role who look at the same place
// share one view.
// One goroutine renders it at short intervals for as long as anybody looks. So the load on the
// database grows with the number of different pages, not with the number of people.
type views struct {
	slots chan struct{}  // holds an entry for each rendering under way
	wait  sync.WaitGroup // for the goroutines of the views

	mu     sync.Mutex
	open   map[string]*view
	ended  bool
	ending chan struct{} // closed when all streams have to end
}

func newViews() *views {
	return &views{slots: make(chan struct{}, rendersAtOnce), open: map[string]*view{}, ending: make(chan struct{})}
}

// audience are those who look at live pages by one way in, and bounds their streams.
type audience struct {
	most, mostOfOne int

	// Both are under views.mu.
	streams int
	of      map[string]int // by session or link; none is 0
}

func newAudience(most, mostOfOne int) *audience {
	return &audience{most: most, mostOfOne: mostOfOne, of: map[string]int{}}
}

// watcher is whom a stream is for.
type watcher struct {
	*audience
	key string // of the session or the link
}

func (w watcher) count(change int) {
	w.streams += change
	if w.of[w.key] += change; w.of[w.key] == 0 {
		delete(w.of, w.key)
	}
}

// end ends all streams and lets none begin.
func (v *views) end() {
	v.mu.Lock()
	if !v.ended {
		v.ended = true
		close(v.ending)
		for _, open := range v.open {
			open.stop()
		}
	}
	v.mu.Unlock()
	v.wait.Wait()
}

// join returns the view of a key. It calls make if nobody looks at the view yet. It returns nil if
// w may have no more streams. Call leave after each join that returns a view.
func (v *views) join(w watcher, key string, make func() *view) *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended || w.streams >= w.most || w.of[w.key] >= w.mostOfOne {
		return nil
	}
	w.count(1)
	found := v.open[key]
	if found == nil {
		found = make()
		found.key = key
		v.open[key] = found
		ctx, cancel := context.WithCancel(context.Background())
		found.stop = cancel
		v.wait.Go(func() { found.run(ctx, v.slots, v.ending) })
	}
	found.watchers++
	return found
}

func (v *views) leave(w watcher, left *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w.count(-1)
	if left.watchers--; left.watchers == 0 {
		left.stop()
		delete(v.open, left.key)
	}
}

// view holds the live parts of one place, as they were last rendered.
type view struct {
	key      string
	every    time.Duration
	render   func(context.Context) map[string][]byte // never nil, always with the banner
	stop     context.CancelFunc
	watchers int // under views.mu

	mu      sync.Mutex
	version int
	parts   map[string]part
	changed chan struct{} // closed at the next change
}

// part is a part of a page, with the version of the view that last changed it.
type part struct {
	html        []byte
	fingerprint string
	version     int
}

func newView(every time.Duration, render func(context.Context) map[string][]byte) *view {
	return &view{every: every, render: render, parts: map[string]part{}, changed: make(chan struct{})}
}

// run renders the parts at the view's interval until ctx ends.
func (v *view) run(ctx context.Context, slots, ending chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ending:
			return
		case <-timer.C:
		}
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		limited, cancel := context.WithTimeout(ctx, viewTimeout)
		parts := v.render(limited)
		cancel()
		<-slots
		if ctx.Err() != nil {
			return
		}
		v.publish(parts)
		timer.Reset(v.every)
	}
}

// relativeTime matches the text of a time. The browser keeps it up to date, so it is not a change.
var relativeTime = regexp.MustCompile(`(<time [^>]*>)[^<]*`)

// publish stores the parts that have changed, and wakes everyone who waits for a change. A view
// keeps parts that are not given.
func (v *view) publish(parts map[string][]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := v.version + 1
	for name, html := range parts {
		print := relativeTime.ReplaceAllString(string(html), "$1")
		if known, ok := v.parts[name]; !ok || known.fingerprint != print {
			v.parts[name] = part{html, print, next}
			v.version = next
		}
	}
	if v.version == next {
		close(v.changed)
		v.changed = make(chan struct{})
	}
}

// since returns the parts that have changed since a version, the current version, and a channel
// that is closed at the next change.
func (v *view) since(version int) (parts map[string][]byte, now int, changed <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	parts = map[string][]byte{}
	for name, p := range v.parts {
		if p.version > version {
			parts[name] = p.html
		}
	}
	return parts, v.version, v.changed
}

// viewOf returns a new view of a place on a page, as a role sees it.
func (k *Console) viewOf(s *compiledPage, at place, role Role) *view {
	return newView(s.page.every, func(ctx context.Context) map[string][]byte {
		parts, err := k.renderPartsOrFail(ctx, s, at, role)
		banner := ""
		if err != nil {
			parts = map[string][]byte{}
			banner = "update-failed"
			if db.Away(err) {
				banner = "database-away"
			} else if ctx.Err() == nil {
				k.config.Logger.WarnContext(ctx, "live page", "page", s.page.file, "error", db.LogText(err))
			}
		}
		parts[bannerPart] = nil
		if banner != "" {
			parts[bannerPart], _ = execute(s.templatesFor(role), banner, nil) // the template has no variable
		}
		return parts
	})
}

// renderPartsOrFail is renderParts, and returns a panic as an error. In a goroutine of its own a
// panic would end the process. The error holds only the type of the panic's value, which may hold
// secrets.
func (k *Console) renderPartsOrFail(
	ctx context.Context, s *compiledPage, at place, role Role,
) (parts map[string][]byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic of type %T", panicked)
		}
	}()
	return k.renderParts(ctx, s, at, role)
}

// renderParts renders the live parts of a place, as a role sees them.
func (k *Console) renderParts(ctx context.Context, s *compiledPage, at place, role Role) (map[string][]byte, error) {
	data, err := s.page.load(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", s.page.file, err)
	}
	parts := map[string][]byte{}
	for _, name := range s.parts {
		if parts[name], err = execute(s.templatesFor(role), livePrefix+name, data); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func execute(templates *template.Template, name string, data any) ([]byte, error) {
	var html bytes.Buffer
	if err := templates.ExecuteTemplate(&html, name, data); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return html.Bytes(), nil
}
