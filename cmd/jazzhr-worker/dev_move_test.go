//go:build !production

package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// TestDemoMoves holds that what happens in the demo by itself is candidates who apply and are
// exported, and moves, and that it has an end.
func TestDemoMoves(t *testing.T) {
	t.Parallel()
	sim := jazzhrtest.New(jazzhrtest.Options{Seed: 1})
	t.Cleanup(sim.Close)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	d := &demo{sim: sim, secrets: demoSecrets{JazzHRKey: "key-1", NewJazzHRKey: "key-2"}}
	jazzhrtest.Demo(sim, "key-1")
	d.addNewAccount()
	d.addNewAccount() // which is there
	random := rand.New(rand.NewPCG(1, 2))
	for _, account := range d.accounts() {
		if err := account.SaveIntegration(t.Context(), jazzhrtest.Integration{Name: "Intrvio", URL: receiver.URL, Secret: "s"}); err != nil {
			t.Fatal(err)
		}
		before := len(account.Applicants())
		for range 30 {
			if err := d.recruit(t.Context(), account, random); err != nil {
				t.Fatal(err)
			}
		}
		added := len(account.Applicants()) - before
		exports := len(account.Deliveries()) - 1 // VERIFY
		if added < 10 || added != exports || added == 30 {
			t.Errorf("of 30 acts %d were people who applied, and %d exports", added, exports)
		}
		for len(account.Applicants()) < demoPeople {
			account.AddApplicant(jazzhrtest.Applicant{FirstName: "A", LastName: "B"})
		}
		for range 30 {
			if err := d.recruit(t.Context(), account, random); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(account.Applicants()); n != demoPeople {
			t.Errorf("there are %d people in the end", n)
		}
	}
}
