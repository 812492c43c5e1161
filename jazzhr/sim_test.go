package jazzhr_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// connect returns a new simulator with one account, as the simulator and as the client see it.
func connect(t *testing.T) (*jazzhrtest.Server, *jazzhrtest.Account, *jazzhr.Account) {
	t.Helper()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: sim.BaseURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	const key = "simulated-key"
	return sim, sim.AddAccount(key), client.Account(key, nil)
}

func send() jazzhr.Send { return jazzhr.Send{NotAfter: time.Now().Add(time.Minute)} }

// kind returns the kind of a failed call.
func kind(t *testing.T, err error) jazzhr.Kind {
	t.Helper()
	var failure *jazzhr.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%v is not a *jazzhr.Error", err)
	}
	return failure.Kind
}

func TestSimulatedWriteback(t *testing.T) {
	t.Parallel()
	sim, theirs, account := connect(t)
	job := theirs.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	ctx := t.Context()

	jobs, err := account.Jobs(ctx, jazzhr.JobFilter{BoardCode: "tZqAHP6nnh"}, 1)
	if err != nil || len(jobs.Items) != 1 || jobs.Items[0].ID != job.ID || !jobs.Last {
		t.Fatalf("jobs %+v, %v", jobs, err)
	}
	if got, err := account.Job(ctx, job.ID); err != nil || got.Title != "Welder" {
		t.Errorf("job %+v, %v", got, err)
	}
	applicant, err := account.CreateApplicant(ctx, send(), jazzhr.NewApplicant{
		FirstName: "Zoë", LastName: "O'Neil", Email: "zoe@example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	link, err := account.LinkApplicant(ctx, send(), applicant, job.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, route := range []jazzhr.NoteRoute{jazzhr.NoteRouteApplicant, jazzhr.NoteRouteNotes} {
		if _, err := account.WriteNote(ctx, send(), route, applicant, fmt.Sprintf("Score <4> & more, by route %d", route)); err != nil {
			t.Fatal(err)
		}
		detail, err := account.Applicant(ctx, applicant)
		if err != nil || !detail.CommentsKnown || len(detail.Comments) != i+1 || detail.Email != "zoe@example.com" {
			t.Fatalf("applicant %+v, %v", detail, err)
		}
	}
	rows, err := account.Applicants(ctx, jazzhr.ApplicantFilter{Name: "O'Neil"}, 1)
	if err != nil || len(rows.Items) != 1 || rows.Items[0].ID != applicant {
		t.Errorf("applicants %+v, %v", rows, err)
	}
	links, err := account.Links(ctx, jazzhr.LinkFilter{ApplicantID: applicant, JobID: job.ID}, 1)
	if err != nil || len(links.Items) != 1 || links.Items[0].ID != link {
		t.Errorf("links %+v, %v", links, err)
	}
	activities, err := account.Activities(ctx, jazzhr.ActivityFilter{ObjectID: applicant}, 1)
	if err != nil || len(activities.Items) == 0 {
		t.Errorf("activities %+v, %v", activities, err)
	}
	if duplicates := sim.Duplicates(); len(duplicates) != 0 {
		t.Errorf("duplicates: %v", duplicates)
	}
}

func TestSimulatedRefusals(t *testing.T) {
	t.Parallel()
	_, theirs, account := connect(t)
	ctx := t.Context()
	applicant := theirs.AddApplicant(jazzhrtest.Applicant{FirstName: "A", LastName: "B", Email: "a@example.com"})

	if _, err := account.Job(ctx, "job_nope"); !errors.Is(err, jazzhr.ErrNotFound) {
		t.Errorf("unknown job: %v", err)
	}
	if _, err := account.Applicant(ctx, "prospect_nope"); !errors.Is(err, jazzhr.ErrNotFound) {
		t.Errorf("unknown applicant: %v", err)
	}
	if _, err := account.CreateApplicant(ctx, send(), jazzhr.NewApplicant{FirstName: "A"}); kind(t, err) != jazzhr.Rejected {
		t.Errorf("applicant without email: %v", err)
	}
	theirs.Configure(func(s *jazzhrtest.Settings) { s.NotesRoute = jazzhrtest.NotesOnly })
	if _, err := account.WriteNote(ctx, send(), jazzhr.NoteRouteApplicant, applicant.ID, "x"); kind(t, err) != jazzhr.UnknownRoute {
		t.Errorf("closed route: %v", err)
	}
	theirs.Configure(func(s *jazzhrtest.Settings) { s.NotesRoute = jazzhrtest.NotesSwallowed })
	if _, err := account.WriteNote(ctx, send(), jazzhr.NoteRouteApplicant, applicant.ID, "x"); !errors.Is(err, jazzhr.ErrMissingID) {
		t.Errorf("swallowed note: %v", err)
	}
	theirs.RotateKey("another")
	if _, err := account.Jobs(ctx, jazzhr.JobFilter{}, 1); kind(t, err) != jazzhr.Unauthorized {
		t.Errorf("old key: %v", err)
	}
	if _, err := account.LinkApplicant(ctx, send(), applicant.ID, "job_1"); kind(t, err) != jazzhr.Unauthorized {
		t.Errorf("old key: %v", err)
	}
}

// A write whose answer was lost is Unknown, however it was lost. The note is stored all the same.
func TestSimulatedLostAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]jazzhrtest.Answer{
		"close": jazzhrtest.AnswerClose, "status": jazzhrtest.AnswerStatus, "page": jazzhrtest.AnswerHTML,
		"truncated": jazzhrtest.AnswerTruncated, "cut": jazzhrtest.AnswerCut, "other shape": jazzhrtest.AnswerOtherShape,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, theirs, account := connect(t)
			applicant := theirs.AddApplicant(jazzhrtest.Applicant{FirstName: "A", LastName: "B", Email: "a@example.com"})
			sim.Fault(jazzhrtest.Rule{Method: http.MethodPost, Fault: jazzhrtest.LoseAnswer(answer)})
			_, err := account.WriteNote(t.Context(), send(), jazzhr.NoteRouteNotes, applicant.ID, "x")
			if got := kind(t, err); got != jazzhr.Unknown {
				t.Errorf("got %s: %v", got, err)
			}
			if notes := theirs.Notes(applicant.ID); len(notes) != 1 {
				t.Errorf("%d notes", len(notes))
			}
		})
	}
}

func TestSimulatedExport(t *testing.T) {
	t.Parallel()
	_, theirs, _ := connect(t)
	const secret = "webhook secret"
	bodies := make(chan []byte, 2)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, ok := jazzhr.VerifySignature([]string{"old", secret}, body, r.Header.Get(jazzhr.HeaderSignature)); !ok {
			t.Errorf("signature of %s", r.Header.Get(jazzhr.HeaderEvent))
		}
		if r.Header.Get(jazzhr.HeaderEvent) == jazzhr.EventCandidateExport {
			bodies <- body
		}
	}))
	t.Cleanup(receiver.Close)
	job := theirs.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	applicant := theirs.AddApplicant(jazzhrtest.Applicant{
		FirstName: "Zoë", LastName: "O'Neil", Email: "zoe@example.com", Phone: "412",
		Protected:   jazzhrtest.Protected{Gender: "SECRET", Citizenship: "SECRET", Race: "SECRET", Disability: "SECRET", Veteran: "SECRET"},
		Attachments: []jazzhrtest.Attachment{{FileName: "cv.pdf", MIMEType: "application/pdf", Content: []byte("cv")}},
	}, job.ID)

	ctx := t.Context()
	if err := theirs.SaveIntegration(ctx, jazzhrtest.Integration{Name: "Intrvio", URL: receiver.URL, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Export(ctx, applicant.ID, job.ID); err != nil {
		t.Fatal(err)
	}
	body := <-bodies
	export, err := jazzhr.ParseExport(body)
	if err != nil {
		t.Fatal(err)
	}
	person := export.Person
	if person.FirstName != "Zoë" || person.LastName != "O'Neil" || len(person.Emails) != 1 ||
		person.Emails[0] != "zoe@example.com" || person.ID == "" {
		t.Errorf("person %+v", person)
	}
	if len(export.Profiles) != 1 || len(export.Profiles[0].Positions) != 1 || len(export.Profiles[0].Attachments) != 1 {
		t.Fatalf("profiles %+v", export.Profiles)
	}
	if position := export.Profiles[0].Positions[0]; position.BoardCode != "tZqAHP6nnh" || position.Title != "Welder" {
		t.Errorf("position %+v", position)
	}
	if attachment := export.Profiles[0].Attachments[0]; attachment.FileName != "cv.pdf" ||
		!attachment.ExpiresAt.After(time.Now()) {
		t.Errorf("attachment %+v", attachment)
	}
	if !strings.Contains(string(body), "SECRET") || strings.Contains(string(export.Profile()), "SECRET") {
		t.Errorf("protected fields: pushed %s, passed on %s", body, export.Profile())
	}
}
