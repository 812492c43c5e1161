//go:build !production

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

const (
	// demoPace is how long the demo waits between two things that happen by themselves: few enough
	// for the accounts' call limit, and often enough for pages to move.
	demoPace = 12 * time.Second
	// demoSteps is how many happen in one run, and demoPeople how many people an account has at
	// most.
	demoSteps  = 1000
	demoPeople = 300
)

// keepMoving has recruiters work in the accounts that are connected, for pages to move, until ctx
// ends.
func (d *demo) keepMoving(ctx context.Context) {
	ticker := time.NewTicker(demoPace)
	defer ticker.Stop()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)) //nolint:gosec // it makes up candidates
	for range demoSteps {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, account := range d.accounts() {
			if _, verification := account.Integration(); verification.Verified {
				// A webhook that is not taken shows on the pages, which is what they are for.
				_ = d.recruit(ctx, account, random)
			}
		}
	}
}

// recruit does one thing that a recruiter does: it mostly exports a candidate who has just applied, and
// else moves one on.
func (d *demo) recruit(ctx context.Context, account *jazzhrtest.Account, random *rand.Rand) error {
	people := account.Applicants()
	if len(people) < demoPeople && (len(people) == 0 || random.IntN(3) > 0) {
		job := pick(random, account.Jobs())
		first, last := pick(random, demoFirstNames()), pick(random, demoLastNames())
		applicant := account.AddApplicant(jazzhrtest.Applicant{
			FirstName: first, LastName: last, Source: "Job board",
			Email: fmt.Sprintf("%s.%s.%d@example.com", plainLetters(first), plainLetters(last), random.IntN(10_000)),
			Phone: fmt.Sprintf("617-555-%04d", random.IntN(10_000)), City: "Boston", State: "MA",
		}, job.ID)
		d.quiet.Store(applicant.ID, true)
		d.quiet.Store(applicant.Email, true)
		_, err := account.Export(ctx, applicant.ID, job.ID)
		return err
	}
	person := pick(random, people)
	links := account.Links(person.ID)
	if len(links) == 0 {
		return nil
	}
	link := pick(random, links)
	return account.MoveStage(person.ID, link.JobID, nextStage(link.Stage))
}

// nextStage is where somebody goes on to in JazzHR.
func nextStage(stage string) string {
	stages := []string{"New", "Reviewed", "Phone Screen", "Interview", "Offer", "Hired"}
	for i, s := range stages[:len(stages)-1] {
		if s == stage {
			return stages[i+1]
		}
	}
	return "Reviewed"
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// plainLetters is a name as it stands in an email address.
func plainLetters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

func demoFirstNames() []string {
	return []string{
		"Ada", "Aisha", "Bruno", "Camille", "Dmitri", "Elena", "Farid", "Grace", "Hana", "Idris", "Jun", "Katarzyna", "Liam", "Mei",
		"Noor", "Oluwaseun", "Pedro", "Quinn", "Rosa", "Sanjay", "Tomás", "Uma", "Viktor", "Wanjiru", "Yusuf", "Zainab",
	}
}

func demoLastNames() []string {
	return []string{
		"Abbott", "Bianchi", "Castillo", "Dubois", "Eriksen", "Fofanah", "Greco", "Haddad", "Ivanova", "Jansen", "Kowalski", "Lindqvist",
		"Mwangi", "Nakamura", "Oyelaran", "Petrov", "Quispe", "Rossi", "Silva", "Tanaka", "Usman", "Varga", "Whitfield", "Yamada", "Zhou",
	}
}
