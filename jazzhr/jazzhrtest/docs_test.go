package jazzhrtest_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// TestDocsShowThisFile checks that docs/simulator.md shows the test below.
func TestDocsShowThisFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("docs_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 1 || !strings.HasSuffix(string(source), "\n"+blocks[0][1]) {
		t.Error("docs/simulator.md does not show TestLostAnswerMakesNoDuplicate of this file")
	}
}

func TestLostAnswerMakesNoDuplicate(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.NewServer(t, jazzhrtest.Options{})
	account := sim.AddAccount("api-key")

	// JazzHR creates the first applicant, but the client gets an error page.
	lost := sim.Fault(jazzhrtest.Rule{
		Endpoint: jazzhrtest.EndpointCreateApplicant,
		Times:    1,
		Fault:    jazzhrtest.LoseAnswer(jazzhrtest.AnswerHTML),
	})

	client, err := jazzhr.NewClient(jazzhr.Config{BaseURL: sim.BaseURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := apply(t.Context(), client.Account("api-key", nil)); err != nil {
		t.Fatal(err)
	}

	if lost.Hits() != 1 {
		t.Error("no answer was lost")
	}
	if duplicates := sim.Duplicates(); len(duplicates) > 0 {
		t.Errorf("duplicates: %v", duplicates)
	}
	if n := len(account.ApplicantsByEmail("ada@example.com")); n != 1 {
		t.Errorf("%d applicants, want 1", n)
	}
}

// apply is the code under test. It creates Ada and, if the outcome is unknown, looks for her.
func apply(ctx context.Context, account *jazzhr.Account) error {
	send := jazzhr.Send{NotAfter: time.Now().Add(time.Minute)}
	_, err := account.CreateApplicant(ctx, send, jazzhr.NewApplicant{
		FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
	})
	var failed *jazzhr.Error
	if !errors.As(err, &failed) || failed.Kind != jazzhr.Unknown {
		return err
	}
	found, err := account.Applicants(ctx, jazzhr.ApplicantFilter{Name: "Lovelace"}, 1)
	if err == nil && len(found.Items) == 0 {
		err = errors.New("the applicant was not created")
	}
	return err
}
