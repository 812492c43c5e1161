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
	// maxStreams is how many live pages one process serves at a time.
	maxStreams = 256
	// rendersAtOnce is how many of their views are made anew at the same moment, so that they never have more of the pool
	// than that.
	rendersAtOnce = 4
	// viewTimeout bounds one rendering.
	viewTimeout = 5 * time.Second
	// bannerPart is the part of every live page that tells when it can't be brought up to date.
	bannerPart = "banner"
)

// views are the live pages that somebody looks at. Whoever looks at the same place shares one view, which is made anew
// at short intervals by one goroutine, for as long as anybody looks: what a page costs the database goes by how many
// different ones are looked at, and not by how many people look.
type views struct {
	turn chan struct{}  // taken by each rendering
	wait sync.WaitGroup // for their goroutines

	mu      sync.Mutex
	open    map[string]*view
	streams int
	limit   int
	ended   bool
	ending  chan struct{} // closed when no stream may go on
}

func newViews(limit int) *views {
	return &views{
		turn: make(chan struct{}, rendersAtOnce), open: map[string]*view{}, limit: limit, ending: make(chan struct{}),
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

// join returns the view of a key, which make makes if nobody looks at it yet. It returns nil if no more streams are
// served. Each join is followed by a leave.
func (v *views) join(key string, make func() *view) *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended || v.streams >= v.limit {
		return nil
	}
	v.streams++
	found := v.open[key]
	if found == nil {
		found = make()
		found.key = key
		v.open[key] = found
		ctx, cancel := context.WithCancel(context.Background())
		found.stop = cancel
		v.wait.Go(func() { found.run(ctx, v.turn, v.ending) })
	}
	found.lookers++
	return found
}

func (v *views) leave(left *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.streams--
	if left.lookers--; left.lookers == 0 {
		left.stop()
		delete(v.open, left.key)
	}
}

// view is the live parts of one place, as they were last rendered.
type view struct {
	key     string
	every   time.Duration
	render  func(context.Context) map[string][]byte // never nil, and never without the banner
	stop    context.CancelFunc
	lookers int // under views.mu

	mu      sync.Mutex
	version int
	parts   map[string]part
	changed chan struct{} // closed at the next change
}

// part is a part of a page, and the version of the view that changed it last.
type part struct {
	html    []byte
	print   string
	version int
}

func newView(every time.Duration, render func(context.Context) map[string][]byte) *view {
	return &view{every: every, render: render, parts: map[string]part{}, changed: make(chan struct{})}
}

// run makes the parts anew until nobody looks any more.
func (v *view) run(ctx context.Context, turn, ending chan struct{}) {
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
		case turn <- struct{}{}:
		}
		limited, cancel := context.WithTimeout(ctx, viewTimeout)
		parts := v.render(limited)
		cancel()
		<-turn
		if ctx.Err() != nil {
			return
		}
		v.publish(parts)
		timer.Reset(v.every)
	}
}

// relativeTime is the text of a time, which the browser keeps up to date itself: that a minute went by is no change.
var relativeTime = regexp.MustCompile(`(<time [^>]*>)[^<]*`)

// publish keeps what is new of the parts, and tells everyone who waits for a change. A part that is not among them stays.
func (v *view) publish(parts map[string][]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := v.version + 1
	for name, html := range parts {
		print := relativeTime.ReplaceAllString(string(html), "$1")
		if known, ok := v.parts[name]; !ok || known.print != print {
			v.parts[name] = part{html, print, next}
			v.version = next
		}
	}
	if v.version == next {
		close(v.changed)
		v.changed = make(chan struct{})
	}
}

// since returns the parts that have changed since a version, the version now, and what is closed at the next change.
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

// viewOf makes the view of a place on a page.
func (k *Console) viewOf(s *sheet, at place) *view {
	return newView(s.page.every, func(ctx context.Context) map[string][]byte {
		parts, err := k.renderPartsOrFail(ctx, s, at)
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
			parts[bannerPart], _ = execute(s.templates, banner, nil) // it has no variable
		}
		return parts
	})
}

// renderPartsOrFail is renderParts for a goroutine of its own, where a panic would end the process. The panic's value may hold
// anything, its type does not.
func (k *Console) renderPartsOrFail(ctx context.Context, s *sheet, at place) (parts map[string][]byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic of type %T", panicked)
		}
	}()
	return k.renderParts(ctx, s, at)
}

// renderParts renders the live parts of a place.
func (k *Console) renderParts(ctx context.Context, s *sheet, at place) (map[string][]byte, error) {
	data, err := s.page.load(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", s.page.file, err)
	}
	parts := map[string][]byte{}
	for _, name := range s.parts {
		if parts[name], err = execute(s.templates, livePrefix+name, data); err != nil {
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
