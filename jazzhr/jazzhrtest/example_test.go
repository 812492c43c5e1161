package jazzhrtest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// A note is stored, but its writer never learns of it: what a client must be
// able to live with.
func Example() {
	sim := jazzhrtest.New(jazzhrtest.Options{})
	defer sim.Close()
	acct := sim.AddAccount("key")
	ada := acct.AddApplicant(jazzhrtest.Applicant{FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"})
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()

	sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointNotes,
		Times:    1,
		Fault:    jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML),
	})
	body := fmt.Sprintf(`{"apikey":"key","applicant_id":%q,"contents":"Well done."}`, ada.ID)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, srv.URL+"/v1/notes", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	fmt.Println("answer:", res.StatusCode)
	fmt.Println("stored:", acct.Notes(ada.ID)[0].Text)
	// Output:
	// answer: 502
	// stored: Well done.
}
