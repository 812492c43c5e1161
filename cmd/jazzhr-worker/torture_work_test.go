package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// submission is a writeback as Intrvio's backend submits it.
type submission struct {
	*customer
	id              uuid.UUID // once it was accepted
	interview       string
	candidate       string
	first, last     string
	email           string
	note            writeback.Note
	known, namesake bool // the person, or one of the same name, is in JazzHR already
}

// people makes writebacks up: every tenth is a second interview of a person, under another
// candidate id, and every twentieth has a note in two parts. Some people are in JazzHR already,
// some only share their name with one who is.
type people struct {
	customers []*customer
	made      int
}

func (p *people) next() submission {
	n, tenants := p.made, len(p.customers)
	p.made++
	x := submission{customer: p.customers[n%tenants], interview: fmt.Sprintf("i-%d", n), candidate: fmt.Sprintf("c-%d", n), first: "Ada"}
	round, person := n/tenants, n
	if round%10 == 9 {
		person -= tenants
	}
	x.last, x.email = lastName(person), fmt.Sprintf("ada%d@example.com", person)
	x.note = writeback.Note{Summary: fmt.Sprintf("Interview %d went well.", n)}
	if round%20 == 11 {
		x.note.Transcript = strings.Repeat("Q: Why?\nA: Because.\n", 800)
	}
	if person == n && round > 0 {
		x.known, x.namesake = round%25 == 3, round%25 == 5
	}
	switch {
	case x.known:
		x.account.AddApplicant(jazzhrtest.Applicant{FirstName: x.first, LastName: x.last, Email: strings.ToUpper(x.email)})
	case x.namesake:
		x.account.AddApplicant(jazzhrtest.Applicant{FirstName: x.first, LastName: x.last, Email: "other." + x.email})
	}
	return x
}

// lastName is a number in letters. All have one length, so that none is found as a part of another.
func lastName(n int) string {
	name := []byte("Aaaaaaa")
	for i := len(name) - 1; n > 0; i-- {
		name[i] += byte(n % 26)
		n /= 26
	}
	return string(name)
}

func (x submission) body() ([]byte, error) {
	return json.Marshal(map[string]any{
		"interview_id": x.interview,
		"candidate":    map[string]string{"id": x.candidate, "first_name": x.first, "last_name": x.last, "email": x.email},
		"job":          map[string]string{"id": x.job.ID},
		"note":         x.note,
	})
}

// enqueue has n writebacks accepted, or as many as can be until ctx ends if n is 0. So much waits
// that neither the service nor its torturers are ever out of work.
func (w *torture) enqueue(ctx context.Context, n int) {
	backlog := 10 * len(w.customers)
	submissions := make(chan submission)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for x := range submissions {
				w.accept(x)
			}
		})
	}
	for ctx.Err() == nil && (n == 0 || w.people.made < n) {
		_ = poll(ctx, func() bool {
			waiting, err := w.pending(ctx)
			return err == nil && waiting < backlog
		})
		for range backlog / 4 {
			if ctx.Err() == nil && (n == 0 || w.people.made < n) {
				submissions <- w.people.next()
			}
		}
	}
	close(submissions)
	callers.Wait()
}

// accept calls the API until it takes the writeback, as Intrvio's backend does: only a 2xx counts,
// and the same call may be made again.
func (w *torture) accept(x submission) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	var refused error
	err := poll(ctx, func() bool {
		var again bool
		if x.id, again, refused = w.post(ctx, x); again {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.repeated++
		}
		return !again
	})
	if err != nil || refused != nil {
		w.t.Errorf("the API never accepted %s: %v, %v", x.interview, err, refused)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepted = append(w.accepted, x)
}

// post calls the API once. again says that the call has to be made again.
func (w *torture) post(ctx context.Context, x submission) (id uuid.UUID, again bool, err error) {
	web := w.web.current()
	if web == nil {
		return uuid.Nil, true, nil
	}
	body, err := x.body()
	if err != nil {
		return uuid.Nil, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, web.address+x.path("/writebacks"), bytes.NewReader(body))
	if err != nil {
		return uuid.Nil, false, err
	}
	request.Header.Set("Authorization", "Bearer "+e2eAPIToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return uuid.Nil, true, nil // the process is gone, stopped or has no database
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusInternalServerError {
		return uuid.Nil, true, nil
	}
	var accepted struct{ ID uuid.UUID }
	if response.StatusCode != http.StatusAccepted && response.StatusCode != http.StatusOK {
		return uuid.Nil, false, fmt.Errorf("%d %s", response.StatusCode, answer)
	}
	err = json.Unmarshal(answer, &accepted)
	return accepted.ID, false, err
}

// fault is a way in which requests to JazzHR go wrong by chance.
type fault struct {
	name string
	lost bool // the answer to a POST
	*jazzhrtest.Injected
}

// tortureLag is by how much JazzHR is late, if it is.
const tortureLag = 500 * time.Millisecond

// lose has answers lost in every way: a third of those to POSTs although JazzHR did what it asks, some
// more because it did so late or not at all. What comes late does so within the quiet period.
func (w *torture) lose() {
	const late = tortureLag
	sum := map[string]float64{}
	add := func(method string, share float64, name string, f jazzhrtest.Fault) {
		// A rule is asked only about what those before it let pass.
		rule := w.sim.Fault(jazzhrtest.Rule{Method: method, Chance: share / (1 - sum[method]), Fault: f})
		sum[method] += share
		w.faults = append(w.faults, fault{name, method == http.MethodPost && f.Answer != jazzhrtest.AnswerTrue, rule})
	}
	for _, way := range []struct {
		name   string
		answer jazzhrtest.Answer
	}{
		{"closed", jazzhrtest.AnswerClose},
		{"500", jazzhrtest.AnswerStatus},
		{"502 with HTML", jazzhrtest.AnswerHTML},
		{"truncated JSON", jazzhrtest.AnswerTruncated},
		{"cut while read", jazzhrtest.AnswerCut},
		{"other JSON", jazzhrtest.AnswerOtherShape},
		{"timeout", jazzhrtest.AnswerHang},
	} {
		add(http.MethodPost, 1./21, "applied, "+way.name, jazzhrtest.LoseAnswer(way.answer))
	}
	add(http.MethodPost, .01, "never applied, closed", jazzhrtest.Fault{Apply: jazzhrtest.ApplyNever, Answer: jazzhrtest.AnswerClose})
	add(http.MethodPost, .02, "applied late, closed", jazzhrtest.ApplyLate(jazzhrtest.AnswerClose, late))
	add(http.MethodPost, .02, "shown late", jazzhrtest.ShowLate(late))
	add(http.MethodGet, .03, "read, 500", jazzhrtest.Refuse(http.StatusInternalServerError))
	add(http.MethodGet, .02, "read, cut", jazzhrtest.LoseAnswer(jazzhrtest.AnswerCut))
}
