package jazzhrtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// note writes the note that the tests of faults use.
func (w *world) note(p jazzhrtest.Applicant) (answer, error) {
	return w.try("POST", "/notes", map[string]any{"applicant_id": p.ID, "contents": "text"})
}

// noteUntil writes a note for a caller who gives up when leave is closed.
func (w *world) noteUntil(leave <-chan struct{}, p jazzhrtest.Applicant) <-chan error {
	ctx, cancel := context.WithCancel(w.context())
	go func() {
		defer cancel()
		select {
		case <-leave:
		case <-ctx.Done():
		}
	}()
	gone := make(chan error, 1)
	go func() {
		defer cancel()
		body := strings.NewReader(fmt.Sprintf(`{"apikey":%q,"applicant_id":%q,"contents":"text"}`, testKey, p.ID))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.BaseURL+"/notes", body)
		if err != nil {
			gone <- err
			return
		}
		res, err := w.client.Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		gone <- err
	}()
	return gone
}

// TestFaultsByAnswer checks, for every fault that ends by itself, what the caller sees and whether
// the write was applied.
func TestFaultsByAnswer(t *testing.T) {
	t.Parallel()
	type seen struct {
		status  int // 0 if the connection broke before or during the answer
		json    bool
		applied bool
	}
	for name, c := range map[string]struct {
		fault jazzhrtest.Fault
		want  seen
	}{
		"refuse 401":          {jazzhrtest.Refuse(401), seen{401, true, false}},
		"refuse 500":          {jazzhrtest.Refuse(500), seen{500, false, false}},
		"rate limit":          {jazzhrtest.RateLimit(0), seen{429, false, false}},
		"never, true":         {jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever}, seen{500, false, false}},
		"never, close":        {jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose}, seen{0, false, false}},
		"lost, close":         {jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose), seen{0, false, true}},
		"lost, 500":           {jazzhrtest.LoseAnswer(jazzhrtest.AnswerStatus), seen{500, false, true}},
		"lost, HTML":          {jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML), seen{502, false, true}},
		"lost, HTML with 200": {jazzhrtest.Fault{Answer: jazzhrtest.AnswerHTML, Status: 200}, seen{200, false, true}},
		"lost, truncated":     {jazzhrtest.LoseAnswer(jazzhrtest.AnswerTruncated), seen{200, false, true}},
		"lost, cut":           {jazzhrtest.LoseAnswer(jazzhrtest.AnswerCut), seen{0, false, true}},
		"lost, other shape":   {jazzhrtest.LoseAnswer(jazzhrtest.AnswerOtherShape), seen{200, true, true}},
		"lost, error":         {jazzhrtest.LoseAnswer(jazzhrtest.AnswerError), seen{500, true, true}},
		"slow":                {jazzhrtest.Slow(time.Millisecond), seen{200, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.person("Ada", "Lovelace", "")
			w.Fault(jazzhrtest.Rule{Endpoint: jazzhrtest.EndpointNotes, Times: 1, Fault: c.fault})
			a, err := w.note(p)
			got := seen{status: a.status, json: json.Valid([]byte(a.body)), applied: len(w.acct.Notes(p.ID)) == 1}
			if err != nil {
				got.status, got.json = 0, false
			}
			if got != c.want {
				t.Fatalf("got %+v, want %+v (%v)\n%s", got, c.want, err, a.body)
			}
			lost := c.fault.Answer != jazzhrtest.AnswerTrue
			trueAnswer := strings.HasPrefix(a.body, `{"comment_id":"`) && strings.HasSuffix(a.body, `"}`)
			if trueAnswer != (got.applied && !lost) {
				t.Errorf("lost %v: %s", lost, a.body)
			}
			if writes := w.Writes(); got.applied && (len(writes) != 1 || writes[0].Lost != lost || writes[0].Late) {
				t.Errorf("%+v", writes)
			}
			// The rule applies to one request only.
			if a, err := w.note(p); err != nil || a.status != 200 || !strings.Contains(a.body, "comment_id") {
				t.Errorf("the next: %v %v", a, err)
			}
		})
	}
}

func TestRateLimitTellsRetryAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fault(jazzhrtest.Rule{Fault: jazzhrtest.RateLimit(90 * time.Second)})
	a := w.get("/jobs")
	wantStatus(t, a, 429)
	if got := a.header.Get("Retry-After"); got != "90" {
		t.Fatalf("Retry-After %q", got)
	}
}

func TestTimeoutBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	hang := w.Fault(jazzhrtest.Rule{Fault: jazzhrtest.TimeoutBefore()})
	leave := make(chan struct{})
	gone := w.noteUntil(leave, p)
	if err := hang.Wait(w.context(), 1); err != nil {
		t.Fatal(err)
	}
	close(leave)
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the caller saw %v", err)
	}
	hang.Release()
	if n := len(w.acct.Notes("")); n != 0 {
		t.Fatalf("%d notes", n)
	}
}

func TestHangAfterApplying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	hang := w.Fault(jazzhrtest.Rule{Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerHang)})
	leave := make(chan struct{})
	gone := w.noteUntil(leave, p)
	if err := w.Wait(w.context(), func() bool { return len(w.acct.Notes(p.ID)) == 1 }); err != nil {
		t.Fatal(err)
	}
	close(leave)
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the caller saw %v", err)
	}

	// A caller who stays until the release gets the answer.
	answered := make(chan answer, 1)
	go func() { a, _ := w.note(p); answered <- a }()
	if err := w.Wait(w.context(), func() bool { return len(w.acct.Notes(p.ID)) == 2 }); err != nil {
		t.Fatal(err)
	}
	hang.Release()
	if a := <-answered; !strings.Contains(a.body, "comment_id") {
		t.Fatalf("after the release: %v", a)
	}
}

func TestApplyLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	late := w.Fault(jazzhrtest.Rule{Times: 1, Fault: jazzhrtest.ApplyLate(jazzhrtest.AnswerClose, 0)})
	if _, err := w.note(p); err == nil {
		t.Fatal("answered")
	}
	if n := len(w.acct.Notes(p.ID)); n != 0 {
		t.Fatalf("%d notes before the release", n)
	}
	late.Release()
	late.Release()
	if n := len(w.acct.Notes(p.ID)); n != 1 {
		t.Fatalf("%d notes after the release", n)
	}
	if writes := w.Writes(); len(writes) != 1 || !writes[0].Late || !writes[0].Lost {
		t.Fatalf("%+v", writes)
	}

	// The request is applied by itself after a time.
	w.Fault(jazzhrtest.Rule{Times: 1, Fault: jazzhrtest.ApplyLate(jazzhrtest.AnswerHTML, 5*time.Millisecond)})
	if a, err := w.note(p); err != nil || a.status != 502 {
		t.Fatalf("%v %v", a, err)
	}
	if err := w.Wait(w.context(), func() bool { return len(w.acct.Notes(p.ID)) == 2 }); err != nil {
		t.Fatal(err)
	}

	// The request is applied while its caller waits.
	hang := w.Fault(jazzhrtest.Rule{Times: 1, Fault: jazzhrtest.ApplyLate(jazzhrtest.AnswerHang, 0)})
	answered := make(chan answer, 1)
	go func() { a, _ := w.note(p); answered <- a }()
	if err := hang.Wait(w.context(), 1); err != nil {
		t.Fatal(err)
	}
	hang.Release()
	if a := <-answered; !strings.Contains(a.body, "comment_id") || len(w.acct.Notes(p.ID)) != 3 {
		t.Fatalf("%v", a)
	}
}

func TestApplyLateKeepsToTheKeyOfThatTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	late := w.Fault(jazzhrtest.Rule{Fault: jazzhrtest.ApplyLate(jazzhrtest.AnswerClose, 0)})
	if _, err := w.note(p); err == nil {
		t.Fatal("answered")
	}
	w.acct.RotateKey("another")
	late.Release()
	if n := len(w.acct.Notes(p.ID)); n != 0 {
		t.Fatalf("%d notes by a dead key", n)
	}
}

func TestShowLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	read := func() int { return len(anyRows(w.object(w.get("/applicants/" + p.ID))["comments"])) }
	late := w.Fault(jazzhrtest.Rule{Times: 1, Method: "POST", Fault: jazzhrtest.ShowLate(0)})
	if a, err := w.note(p); err != nil || !strings.Contains(a.body, "comment_id") {
		t.Fatalf("%v %v", a, err)
	}
	if len(w.acct.Notes(p.ID)) != 1 || read() != 0 {
		t.Fatal("stored or hidden wrongly")
	}
	w.clock.advance(time.Hour)
	if read() != 0 {
		t.Fatal("shown without a release")
	}
	late.Release()
	if read() != 1 {
		t.Fatal("not shown after the release")
	}

	w.Fault(jazzhrtest.Rule{Times: 1, Method: "POST", Fault: jazzhrtest.ShowLate(time.Minute)})
	if _, err := w.note(p); err != nil {
		t.Fatal(err)
	}
	if read() != 1 {
		t.Fatal("shown at once")
	}
	w.clock.advance(time.Minute)
	if read() != 2 {
		t.Fatal("not shown after its time")
	}
}

func TestHookBlocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	met, carryOn := make(chan jazzhrtest.Call, 1), make(chan struct{})
	w.Fault(jazzhrtest.Rule{Method: "POST", Times: 1, Fault: jazzhrtest.Before(func(_ context.Context, c jazzhrtest.Call) {
		met <- c
		<-carryOn
	})})
	answered := make(chan answer, 1)
	go func() { a, _ := w.note(p); answered <- a }()
	c := <-met
	if c.Endpoint != jazzhrtest.EndpointNotes || c.Account != w.acct || c.Field("applicant_id") != p.ID ||
		c.Field("apikey") != "" {
		t.Errorf("%+v", c)
	}
	if n := len(w.acct.Notes(p.ID)); n != 0 {
		t.Errorf("%d notes while the hook blocks", n)
	}
	close(carryOn)
	if a := <-answered; !strings.Contains(a.body, "comment_id") {
		t.Errorf("%v", a)
	}
}

func TestSlowAppliesForOneWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person("Ada", "Lovelace", "")
	slow := w.Fault(jazzhrtest.Rule{Fault: jazzhrtest.Slow(50 * time.Millisecond)})
	leave := make(chan struct{})
	gone := w.noteUntil(leave, p)
	if err := slow.Wait(w.context(), 1); err != nil {
		t.Fatal(err)
	}
	close(leave)
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the caller saw %v", err)
	}
	if err := w.Wait(w.context(), func() bool { return len(w.acct.Notes(p.ID)) == 1 }); err != nil {
		t.Fatal(err)
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hang := w.Fault(jazzhrtest.Rule{Fault: jazzhrtest.TimeoutBefore()})
	gone := w.noteUntil(nil, w.person("Ada", "Lovelace", ""))
	if err := hang.Wait(w.context(), 1); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-gone; !errors.Is(err, io.EOF) {
		t.Fatalf("the caller saw %v", err)
	}
}
