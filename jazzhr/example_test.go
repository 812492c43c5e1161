package jazzhr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// Find a job by its board code, create an applicant, link the two and write a note.
func Example() {
	server, _ := simulator() // a real program leaves Config.BaseURL empty
	defer server.Close()

	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: server.URL + "/v1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	account := client.Account("api-key", nil)

	ctx := context.Background()
	send := jazzhr.Send{NotAfter: time.Now().Add(time.Minute)}
	if err := writeBack(ctx, account, send); err != nil {
		fmt.Println(err)
	}
	// Output:
	// job: Welder
	// note: Score 4 of 5.
}

func writeBack(ctx context.Context, account *jazzhr.Account, send jazzhr.Send) error {
	jobs, err := account.Jobs(ctx, jazzhr.JobFilter{BoardCode: "tZqAHP6nnh"}, 1)
	if err != nil {
		return err
	}
	if len(jobs.Items) == 0 {
		return errors.New("no job with that board code")
	}
	job := jobs.Items[0]
	fmt.Println("job:", job.Title)

	applicantID, err := account.CreateApplicant(ctx, send, jazzhr.NewApplicant{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
	})
	if err != nil {
		return err
	}
	if _, err := account.LinkApplicant(ctx, send, applicantID, job.ID); err != nil {
		return err
	}
	_, err = account.WriteNote(ctx, send, jazzhr.NoteRouteNotes, applicantID, "Score 4 of 5.")
	if err != nil {
		return err
	}
	applicant, err := account.Applicant(ctx, applicantID)
	if err != nil {
		return err
	}
	for _, comment := range applicant.Comments {
		fmt.Println("note:", comment.Text)
	}
	return nil
}

// A write whose outcome is unknown is settled by reading, never by sending it again.
func ExampleError() {
	server, sim := simulator()
	defer server.Close()
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: server.URL + "/v1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	account := client.Account("api-key", nil)

	// JazzHR creates the applicant, but its answer gets lost.
	sim.Fault(jazzhrtest.Rule{Times: 1, Fault: jazzhrtest.LoseAnswer(jazzhrtest.AnswerClose)})

	ctx := context.Background()
	send := jazzhr.Send{NotAfter: time.Now().Add(time.Minute)}
	_, err = account.CreateApplicant(ctx, send, jazzhr.NewApplicant{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
	})
	var failed *jazzhr.Error
	switch {
	case err == nil:
		fmt.Println("created")
	case errors.As(err, &failed) && failed.Kind == jazzhr.Unknown:
		found, err := account.Applicants(ctx, jazzhr.ApplicantFilter{Name: "Lovelace"}, 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("outcome unknown, applicants of that name:", len(found.Items))
	default:
		fmt.Println("no effect:", err)
	}
	// Output: outcome unknown, applicants of that name: 1
}

// Receive a Candidate Export Webhook: check the signature of the raw body, then read it.
func ExampleParseExport() {
	const secret = "secret of the integration"
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 5<<20))
		if err != nil {
			http.Error(w, "unreadable body", http.StatusBadRequest)
			return
		}
		signature := r.Header.Get(jazzhr.HeaderSignature)
		if _, ok := jazzhr.VerifySignature([]string{secret}, body, signature); !ok {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
			return
		}
		if r.Header.Get(jazzhr.HeaderEvent) == jazzhr.EventVerify {
			return // JazzHR finalises the integration on exactly 200
		}
		export, err := jazzhr.ParseExport(body)
		if err != nil {
			http.Error(w, "not an export", http.StatusBadRequest)
			return
		}
		for _, profile := range export.Profiles {
			for _, position := range profile.Positions {
				fmt.Printf("%s applied to %s (%s)\n", export.Person.FullName, position.Title, position.BoardCode)
			}
		}
	}

	body := []byte(`{"candidate":{
		"person":{"name":{"given":"Ada","family":"Lovelace"}},
		"profiles":[{"associatedPositionOpenings":[{
			"positionTitle":"Welder",
			"positionUri":"https://acme.applytojob.com/apply/tZqAHP6nnh/Welder"
		}]}]
	}}`)
	request := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(body))
	request.Header.Set(jazzhr.HeaderEvent, jazzhr.EventCandidateExport)
	request.Header.Set(jazzhr.HeaderSignature, jazzhr.Sign(secret, body))
	answer := httptest.NewRecorder()
	receive(answer, request)
	fmt.Println("answer:", answer.Code)
	// Output:
	// Ada Lovelace applied to Welder (tZqAHP6nnh)
	// answer: 200
}

// simulator starts a JazzHR with one account and one job. Closing the server ends both.
func simulator() (*httptest.Server, *jazzhrtest.Sim) {
	sim := jazzhrtest.New(jazzhrtest.Options{})
	sim.AddAccount("api-key").AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	return httptest.NewServer(sim.Handler()), sim
}
