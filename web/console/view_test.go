package console

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// next waits for the next change of a view after a version.
func next(t *testing.T, v *view, version int) (map[string][]byte, int) {
	t.Helper()
	for {
		parts, now, changed := v.since(version)
		if now > version {
			return parts, now
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("nothing changed")
		}
	}
}

func TestViewIsShared(t *testing.T) {
	t.Parallel()
	all := newViews()
	defer all.end()
	// The bound is three for all, and two for one.
	operators := newAudience(3, 2)
	sam, ada := watcher{operators, "sam"}, watcher{operators, "ada"}
	var made, rendered atomic.Int64
	join := func(w watcher, key string) *view {
		return all.join(w, key, func() *view {
			made.Add(1)
			return newView(time.Millisecond, func(context.Context) map[string][]byte {
				n := rendered.Add(1)
				return map[string][]byte{
					"count": fmt.Append(nil, n), "same": []byte("same"),
					"age": fmt.Appendf(nil, `<time datetime="x">%d s ago</time>`, n), bannerPart: nil,
				}
			})
		})
	}
	first, second := join(sam, "a"), join(sam, "a")
	if first != second || made.Load() != 1 {
		t.Errorf("%d views of one place", made.Load())
	}
	parts, version := next(t, first, 0)
	if len(parts) != 4 {
		t.Errorf("at first %v", parts)
	}
	// After that only changes are sent, to everyone. A relative time is not a change.
	for _, v := range []*view{first, second} {
		if parts, _ := next(t, v, version); len(parts) != 1 || parts["count"] == nil {
			t.Errorf("then %v", parts)
		}
	}
	if join(sam, "b") != nil {
		t.Error("more streams of one than the limit")
	}
	other := join(ada, "b")
	if other == first || made.Load() != 2 {
		t.Error("another place has the same view")
	}
	if join(ada, "a") != nil {
		t.Error("more streams than the limit")
	}
	if visitor := (watcher{newAudience(1, 1), "sam"}); join(visitor, "b") != other {
		t.Error("another audience has no streams of its own")
	}
	all.leave(sam, second)
	if again := join(ada, "a"); again != first {
		t.Error("a place that is looked at has another view")
	} else {
		all.leave(ada, again)
	}
	all.leave(sam, first)
	if again := join(sam, "a"); again == first {
		t.Error("a view goes on that nobody looked at")
	}
	if operators.streams != 2 || len(operators.of) != 2 {
		t.Errorf("counted are %d streams, of %v", operators.streams, operators.of)
	}
	all.end()
	if join(sam, "a") != nil {
		t.Error("a stream begins after the end")
	}
}

func TestEvent(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"":             "event: part\ndata: \n\n",
		"<p>one</p>":   "event: part\ndata: <p>one</p>\n\n",
		"one\r\n\ntwo": "event: part\ndata: one\ndata: \ndata: two\n\n",
	} {
		if got := string(event("part", []byte(data))); got != want {
			t.Errorf("%q is %q", data, got)
		}
	}
}
