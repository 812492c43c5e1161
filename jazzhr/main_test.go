package jazzhr

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testKey needs escaping in URLs. So an incomplete redaction shows.
const testKey = "k3y/of+the account%7"

// newAccount returns an account of a client with the configuration.
func newAccount(t *testing.T, config Config, gate Gate) *Account {
	t.Helper()
	client, err := NewClient(config)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(client.Close)
	return client.Account(testKey, gate)
}

// serve returns an account of a server with one handler for all routes.
func serve(t *testing.T, handler http.HandlerFunc) *Account {
	t.Helper()
	server := httptest.NewServer(handler)
	account := newAccount(t, Config{BaseURL: server.URL + "/v1/"}, nil)
	t.Cleanup(server.Close)
	return account
}

// soon returns a Send whose deadline is far off.
func soon() Send { return Send{NotAfter: time.Now().Add(time.Minute)} }

// operation is one endpoint and a call of it through the exported API.
type operation struct {
	endpoint endpoint
	call     func(ctx context.Context, a *Account, send Send) error
}

func (o operation) write() bool { return o.endpoint.method == http.MethodPost }

// operations lists every endpoint of the client.
func operations() []operation {
	return []operation{
		{listJobs, func(ctx context.Context, a *Account, _ Send) error {
			_, err := a.Jobs(ctx, JobFilter{Title: "C/C++ & more", BoardCode: "tZ9", Status: "On Hold"}, 2)
			return err
		}},
		{getJob, func(ctx context.Context, a *Account, _ Send) error { _, err := a.Job(ctx, "job_1"); return err }},
		{listApplicants, func(ctx context.Context, a *Account, _ Send) error {
			_, err := a.Applicants(ctx, ApplicantFilter{
				Name: "O'Neil?", FromApplyDate: "2026-01-01", JobID: "job_1",
			}, 1)
			return err
		}},
		{getApplicant, func(ctx context.Context, a *Account, _ Send) error {
			_, err := a.Applicant(ctx, "prospect_1")
			return err
		}},
		{listLinks, func(ctx context.Context, a *Account, _ Send) error {
			_, err := a.Links(ctx, LinkFilter{ApplicantID: "prospect_1", JobID: "job_1"}, 1)
			return err
		}},
		{listActivities, func(ctx context.Context, a *Account, _ Send) error {
			_, err := a.Activities(ctx, ActivityFilter{Category: CategoryResumeStatus, ObjectID: "prospect_1"}, 3)
			return err
		}},
		{postApplicant, func(ctx context.Context, a *Account, send Send) error {
			_, err := a.CreateApplicant(ctx, send, NewApplicant{
				FirstName: "Zoë", LastName: "O'Neil", Email: "zoe@example.com", Source: "Intrvio",
			})
			return err
		}},
		{postLink, func(ctx context.Context, a *Account, send Send) error {
			_, err := a.LinkApplicant(ctx, send, "prospect_1", "job_1")
			return err
		}},
		{postApplicantNote, func(ctx context.Context, a *Account, send Send) error {
			_, err := a.WriteNote(ctx, send, NoteRouteApplicant, "prospect_1", "a <b> note")
			return err
		}},
		{postNote, func(ctx context.Context, a *Account, send Send) error {
			_, err := a.WriteNote(ctx, send, NoteRouteNotes, "prospect_1", "a <b> note")
			return err
		}},
	}
}
