package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// MaxDetails is how many applicants of one name are read for their email. If there are more, a
// person has to decide.
const MaxDetails = 40

// DetailsFresh is how long an email that was read counts, so that a search that ran out of calls
// goes on where it was.
const DetailsFresh = time.Hour

// Name is what a person is called.
type Name struct{ First, Last string }

// Search looks for a person in JazzHR, which has no filter by email: it lists all of the name, and
// reads each of them for the email.
type Search struct {
	Account Account
	Pool    *pgxpool.Pool
	Names   []Name   // any of them is a match
	Emails  []string // normalised; likewise
	// From and To bound the day of application, as YYYY-MM-DD; empty for no bound.
	From, To string
	// KnownSince is since when an email that was read before still counts.
	KnownSince time.Time
}

// Found is what a search came to.
type Found struct {
	Matches []string // ids of applicants
	// Ambiguous are those of the name whose email JazzHR does not show.
	Ambiguous []string
	// Crowded says that more than [MaxDetails] would have to be read.
	Crowded bool
}

// Run searches.
func (s Search) Run(ctx context.Context) (f Found, err error) {
	namesakes, err := s.Namesakes(ctx)
	if err != nil {
		return Found{}, err
	}
	known, err := s.KnownEmails(ctx, namesakes)
	if err != nil {
		return Found{}, err
	}
	details := 0
	for _, id := range namesakes {
		email, ok := known[id]
		if !ok {
			if details++; details > MaxDetails {
				f.Crowded = true
				return f, nil
			}
			if email, ok, err = s.ReadEmail(ctx, id); err != nil {
				return Found{}, err
			}
			if !ok { // merged away since the list was read
				continue
			}
		}
		switch {
		case slices.Contains(s.Emails, email):
			f.Matches = append(f.Matches, id)
		case email == "":
			f.Ambiguous = append(f.Ambiguous, id)
		}
	}
	return f, nil
}

// Namesakes lists the ids of all who have one of the names, each once: JazzHR's list has a row for
// each application, and rows shift between pages while they are read.
func (s Search) Namesakes(ctx context.Context) (ids []string, err error) {
	asked := map[Name]bool{}
	for _, n := range s.Names {
		folded := jazzhr.FoldName(n.First, n.Last)
		question := Name{folded, jazzhr.FoldName("", n.Last)}
		if asked[question] { // Anna and ANNA are one name
			continue
		}
		asked[question] = true
		if ids, err = s.called(ctx, folded, n.Last, ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// called adds to ids the ids of all who have a name.
func (s Search) called(ctx context.Context, want, last string, ids []string) ([]string, error) {
	filter := jazzhr.ApplicantFilter{Name: strings.TrimSpace(last), FromApplyDate: s.From, ToApplyDate: s.To}
	for page := 1; ; page++ {
		rows, err := s.Account.Read.Applicants(ctx, filter, page)
		if err != nil {
			return nil, fmt.Errorf("search applicants by name: %w", err)
		}
		for _, row := range rows.Items {
			if jazzhr.FoldName(row.FirstName, row.LastName) == want && !slices.Contains(ids, row.ID) {
				ids = append(ids, row.ID)
			}
		}
		if rows.Last {
			return ids, nil
		}
	}
}

// KnownEmails returns the emails of those of the ids whose email was read since KnownSince.
func (s Search) KnownEmails(ctx context.Context, ids []string) (map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := gen.New().KnownEmails(ctx, s.Pool, s.Account.Tenant, ids, &s.KnownSince)
	if err != nil {
		return nil, fmt.Errorf("read known emails: %w", err)
	}
	emails := make(map[string]string, len(rows))
	for _, row := range rows {
		emails[row.ApplicantID] = row.Email
	}
	return emails, nil
}

// ReadEmail reads an applicant's email from JazzHR and remembers it. ok is false if there is no
// such applicant any more.
func (s Search) ReadEmail(ctx context.Context, id string) (email string, ok bool, err error) {
	detail, err := s.Account.Read.Applicant(ctx, id)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read applicant: %w", err)
	}
	email = jazzhr.NormalizeEmail(detail.Email)
	err = db.InTenant(ctx, s.Pool, s.Account.Tenant, func(tx db.TenantTx) error {
		return RememberApplicant(ctx, tx, id, email, jazzhr.FoldName(detail.FirstName, detail.LastName))
	})
	return email, true, err
}

// RememberApplicant stores an applicant's email and name: our index by email, which JazzHR lacks.
func RememberApplicant(ctx context.Context, tx db.TenantTx, id, email, foldedName string) error {
	if err := tx.Q.UpsertApplicant(ctx, tx, gen.UpsertApplicantParams{
		TenantID: tx.Tenant, ApplicantID: id, Email: email, FoldedName: &foldedName,
	}); err != nil {
		return fmt.Errorf("remember applicant: %w", err)
	}
	return nil
}
