package jazzhrtest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// The simulator stores a note but hides the answer. The client must report an unknown outcome.
// A test uses [jazzhrtest.NewServer] in place of New, httptest and Close.
func Example() {
	sim := jazzhrtest.New(jazzhrtest.Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	defer sim.Close()

	// Fill an account.
	account := sim.AddAccount("api-key")
	job := account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: "tZqAHP6nnh"})
	ada := account.AddApplicant(jazzhrtest.Applicant{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
	}, job.ID)

	// Lose the answer of the next note.
	sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointNotes,
		Times:    1,
		Fault:    jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML),
	})

	// Run the client under test.
	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: server.URL + "/v1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	send := jazzhr.Send{NotAfter: time.Now().Add(time.Minute)}
	_, err = client.Account("api-key", nil).
		WriteNote(context.Background(), send, jazzhr.NoteRouteNotes, ada.ID, "Well done.")

	fmt.Println("client:", err)
	fmt.Println("stored:", account.Notes(ada.ID)[0].Text)
	fmt.Println("duplicates:", len(sim.Duplicates()))
	// Output:
	// client: jazzhr: POST /notes: unknown (status 502): unexpected status
	// stored: Well done.
	// duplicates: 0
}

// A recruiter exports a candidate. The simulator sends the webhook to the receiver.
func ExampleAccount_Export() {
	const secret = "secret of the integration"
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("received:", r.Header.Get(jazzhr.HeaderEvent))
	}))
	defer receiver.Close()

	sim := jazzhrtest.New(jazzhrtest.Options{})
	defer sim.Close()
	account := sim.AddAccount("api-key")
	job := account.AddJob(jazzhrtest.Job{Title: "Welder"})
	ada := account.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace"}, job.ID)

	ctx := context.Background()
	integration := jazzhrtest.Integration{Name: "Intrvio", URL: receiver.URL, Secret: secret}
	if err := account.SaveIntegration(ctx, integration); err != nil {
		fmt.Println(err)
		return
	}
	delivery, err := account.Export(ctx, ada.ID, job.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("answer:", delivery.Status)
	// Output:
	// received: VERIFY
	// received: CANDIDATE-EXPORT
	// answer: 200
}
