package jobs

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

// maxDetails is how many applicants of one name are read for their email before a person has to decide.
const maxDetails = 40

// detailsFresh is how long an email that was read counts, so that a search that ran out of calls goes on where it was.
const detailsFresh = time.Hour

// name is what a person is called.
type name struct{ first, last string }

// search looks for a person in JazzHR, which has no filter by email: by name, then by each namesake's detail.
type search struct {
	account account
	pool    *pgxpool.Pool
	names   []name   // any of them is a match
	emails  []string // normalised; likewise
	// from and to bound the day of application, as YYYY-MM-DD; empty for no bound.
	from, to string
	// known is since when an email that was read before still counts.
	known time.Time
}

// run returns the applicants found. ambiguous tells of those of the name whose email JazzHR does not show.
func (s search) run(ctx context.Context) (matches, ambiguous []string, crowded bool, err error) {
	namesakes, err := s.namesakes(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	known, err := s.knownEmails(ctx, namesakes)
	if err != nil {
		return nil, nil, false, err
	}
	details := 0
	for _, id := range namesakes {
		email, ok := known[id]
		if !ok {
			if details++; details > maxDetails {
				return matches, ambiguous, true, nil
			}
			if email, ok, err = s.readEmail(ctx, id); err != nil {
				return nil, nil, false, err
			}
			if !ok { // merged away since the list was read
				continue
			}
		}
		switch {
		case slices.Contains(s.emails, email):
			matches = append(matches, id)
		case email == "":
			ambiguous = append(ambiguous, id)
		}
	}
	return matches, ambiguous, false, nil
}

// namesakes lists the ids of all who have one of the names, each once: lists hold a row for each application, and rows
// shift between pages while they are read.
func (s search) namesakes(ctx context.Context) (ids []string, err error) {
	asked := map[name]bool{}
	for _, n := range s.names {
		folded := jazzhr.FoldName(n.first, n.last)
		question := name{folded, jazzhr.FoldName("", n.last)}
		if asked[question] { // Anna and ANNA are one
			continue
		}
		asked[question] = true
		if ids, err = s.called(ctx, folded, n.last, ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// called adds to ids those of all who have a name.
func (s search) called(ctx context.Context, want, last string, ids []string) ([]string, error) {
	filter := jazzhr.ApplicantFilter{Name: strings.TrimSpace(last), FromApplyDate: s.from, ToApplyDate: s.to}
	for page := 1; ; page++ {
		rows, err := s.account.read.Applicants(ctx, filter, page)
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

func (s search) knownEmails(ctx context.Context, ids []string) (map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := gen.New().KnownEmails(ctx, s.pool, s.account.tenant, ids, &s.known)
	if err != nil {
		return nil, fmt.Errorf("read known emails: %w", err)
	}
	emails := make(map[string]string, len(rows))
	for _, row := range rows {
		emails[row.ApplicantID] = row.Email
	}
	return emails, nil
}

// readEmail reads an applicant's email from JazzHR and remembers it; ok is false if there is no such applicant any more.
func (s search) readEmail(ctx context.Context, id string) (email string, ok bool, err error) {
	detail, err := s.account.read.Applicant(ctx, id)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read applicant: %w", err)
	}
	email = jazzhr.NormalizeEmail(detail.Email)
	err = db.InTenant(ctx, s.pool, s.account.tenant, func(tx db.TenantTx) error {
		return rememberApplicant(ctx, tx, id, email, jazzhr.FoldName(detail.FirstName, detail.LastName))
	})
	return email, true, err
}

// rememberApplicant keeps whose email an applicant has: the local index by email that JazzHR lacks.
func rememberApplicant(ctx context.Context, tx db.TenantTx, id, email, foldedName string) error {
	if err := tx.Q.UpsertApplicant(ctx, tx, gen.UpsertApplicantParams{
		TenantID: tx.Tenant, ApplicantID: id, Email: email, FoldedName: &foldedName,
	}); err != nil {
		return fmt.Errorf("remember applicant: %w", err)
	}
	return nil
}
