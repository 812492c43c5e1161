package intrviotest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
)

const token = "an API token for tests"

func newRequest() intrvio.InterviewRequest {
	return intrvio.InterviewRequest{
		RequestID: uuid.New(), Trigger: intrvio.TriggerExport, Resolved: true,
		Job:       intrvio.Job{Title: "Engineer"},
		Candidate: intrvio.Candidate{FirstName: "Ada", LastName: "Byron", Email: "ada@example.com"},
	}
}

// fakeService answers each POST with its next status. The last status repeats.
type fakeService struct {
	t        *testing.T
	statuses []int

	mu     sync.Mutex
	paths  []string
	bodies []intrviotest.Writeback
}

func (a *fakeService) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if got := req.Header.Get("Authorization"); got != "Bearer "+token {
		a.t.Errorf("authorization %q", got)
	}
	var body intrviotest.Writeback
	decoder := json.NewDecoder(req.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		a.t.Error(err)
	}
	a.paths, a.bodies = append(a.paths, req.Method+" "+req.URL.Path), append(a.bodies, body)
	status := a.statuses[min(len(a.bodies), len(a.statuses))-1]
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	if status < 300 {
		_, _ = w.Write([]byte(`{"id":"writeback_1","state":"pending","steps":[]}`))
		return
	}
	_, _ = w.Write([]byte(`{"error":{"code":"not_connected","message":"connect first"}}`))
}

// interview runs an interviewer on one request. The service answers with the statuses.
func interview(t *testing.T, statuses ...int) (intrviotest.Result, intrvio.Envelope, *fakeService) {
	t.Helper()
	backend := intrviotest.NewServer(t)
	service := &fakeService{t: t, statuses: statuses}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	results := make(chan intrviotest.Result, 1)
	interviewer, err := intrviotest.NewInterviewer(intrviotest.InterviewerConfig{
		BaseURL: server.URL, Token: token, Report: func(r intrviotest.Result) { results <- r },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		interviewer.Run(ctx, backend.Receiver)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		interviewer.Close()
	})
	d := newDeliverer(t, backend)
	e := newEvent(t, intrvio.InterviewRequested, newRequest())
	for _, event := range []intrvio.Envelope{verifiedEvent(t), e, e} {
		if err := d.Deliver(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	return <-results, e, service
}

func TestInterviewerSends(t *testing.T) {
	t.Parallel()
	for _, statuses := range [][]int{
		{http.StatusAccepted},
		{http.StatusOK},
		{0, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusAccepted},
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			result, e, service := interview(t, statuses...)
			if result.Err != nil || result.WritebackID != "writeback_1" {
				t.Fatalf("got %+v", result)
			}
			if len(service.bodies) != len(statuses) {
				t.Errorf("%d requests, want %d", len(service.bodies), len(statuses))
			}
			want := "POST /v1/tenants/" + e.TenantID.String() + "/writebacks"
			for i, body := range service.bodies {
				if diff := cmp.Diff(result.Writeback, body); diff != "" {
					t.Errorf("body %d (-want +got):\n%s", i, diff)
				}
				if service.paths[i] != want {
					t.Errorf("asked %s, want %s", service.paths[i], want)
				}
			}
		})
	}
}

func TestInterviewerRefused(t *testing.T) {
	t.Parallel()
	result, _, service := interview(t, http.StatusConflict)
	if result.Err == nil || !strings.Contains(result.Err.Error(), "409: not_connected") {
		t.Errorf("got %v", result.Err)
	}
	if strings.Contains(result.Err.Error(), token) {
		t.Errorf("error shows the token: %v", result.Err)
	}
	if len(service.bodies) != 1 {
		t.Errorf("%d requests", len(service.bodies))
	}
}

func TestInterviewerGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	interviewer, err := intrviotest.NewInterviewer(intrviotest.InterviewerConfig{BaseURL: server.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(interviewer.Close)
	// The deadline is too short for the second backoff, however long the requests take.
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	_, err = interviewer.Send(ctx, uuid.New(), intrviotest.Interview(newRequest()))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestNewInterviewerRefuses(t *testing.T) {
	t.Parallel()
	for _, cfg := range []intrviotest.InterviewerConfig{
		{}, {BaseURL: "/v1", Token: token}, {BaseURL: "http://127.0.0.1:1"},
	} {
		if _, err := intrviotest.NewInterviewer(cfg); err == nil {
			t.Errorf("took %+v", cfg)
		}
	}
}

func TestInterviewIsPlausible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		request := newRequest()
		copy(request.RequestID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "request id"))
		request.Candidate.FirstName = rapid.SampledFrom([]string{"Ada", "", " "}).Draw(t, "first name")
		got := intrviotest.Interview(request)
		if diff := cmp.Diff(got, intrviotest.Interview(request)); diff != "" {
			t.Fatalf("not the same twice: %s", diff)
		}
		if got.RequestID != request.RequestID || got.InterviewID == "" || got.Candidate.ID == "" {
			t.Fatalf("ids missing: %+v", got)
		}
		note := got.Note
		if note.Score < 5.5 || note.Score > note.Scale || note.Scale != 10 || note.Summary == "" || note.URL == "" {
			t.Fatalf("not plausible: %+v", note)
		}
		if turns := strings.Count(note.Transcript, "\n"); turns < 12 || strings.Contains(note.Transcript, "\n:") {
			t.Fatalf("%d turns in:\n%s", turns, note.Transcript)
		}
	})
}

func TestInterviewsDiffer(t *testing.T) {
	t.Parallel()
	seen := make(map[intrviotest.Note]bool)
	for i := range 8 {
		request := newRequest()
		request.RequestID = uuid.UUID{15: byte(i)}
		note := intrviotest.Interview(request).Note
		note.URL = ""
		seen[note] = true
	}
	if len(seen) < 4 {
		t.Errorf("%d different interviews of 8", len(seen))
	}
}
