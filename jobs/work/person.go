package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
)

const (
	// MaxDetails is how many applicants of one name are read for their email. If there are more, a
	// person has to decide.
	MaxDetails = 40
	// maxOthers is how many applicants are read who seem to have the email, but another name. One
	// is enough to ask a person. Many share a made-up address such as none@none.com.
	maxOthers = 3
	// maxProposed bounds how many applicants the index proposes.
	maxProposed = 100
	// DetailsFresh is how long it counts that an applicant's name and email were read, so that a
	// search that ran out of calls goes on where it was.
	DetailsFresh = time.Hour
)

// Name is what a person is called.
type Name struct{ First, Last string }

// Fits reports whether somebody with a folded full name may be the one called so. See
// [jazzhr.NameFits].
func (n Name) Fits(folded string) bool { return jazzhr.NameFits(folded, n.First, n.Last) }

func (n Name) folded() string { return jazzhr.FoldName(n.First, n.Last) }

// Search looks for a person in JazzHR, which has no filter by email: it lists those of the name, and
// reads each of them for the email. Our own index proposes further ones. Only who was read from
// JazzHR, with an email and a name that fit, is the person.
type Search struct {
	Account Account
	Pool    *pgxpool.Pool
	Names   []Name   // any of them is a match
	Emails  []string // normalised; likewise
	// KnownSince is since when it still counts that an applicant was read.
	KnownSince time.Time
}

// Found is what a search came to. Each field holds ids of applicants.
type Found struct {
	Matches []string // the name fits, and the email is the same
	// Ambiguous have the very name, and JazzHR shows no email of them.
	Ambiguous []string
	// OtherEmails have the very name, and another email.
	OtherEmails []string
	// OtherNames have the email, but a name that does not fit.
	OtherNames []string
	// Unreadable are listed with the name, but JazzHR shows no details of them.
	Unreadable []string
	// Crowded says that more than [MaxDetails] would have to be read.
	Crowded bool
}

// Run searches JazzHR and our index.
func (s Search) Run(ctx context.Context) (Found, error) {
	listed, err := s.listed(ctx)
	if err != nil {
		return Found{}, err
	}
	return s.sort(ctx, listed)
}

// Known searches among those whom our index proposes. It asks JazzHR for nobody else.
func (s Search) Known(ctx context.Context) (Found, error) { return s.sort(ctx, nil) }

// Is reports whether an applicant is the person: JazzHR shows a name that fits, and one of the
// emails if any are given.
func (s Search) Is(ctx context.Context, id string) (bool, error) {
	known, err := s.KnownDetails(ctx, []string{id})
	if err != nil {
		return false, err
	}
	r := reading{search: s, known: known}
	person, there, err := r.read(ctx, id, 1)
	return there && s.fits(person.FoldedName) && (len(s.Emails) == 0 || slices.Contains(s.Emails, person.Email)), err
}

// listing is somebody whom JazzHR lists with a name that fits.
type listing struct {
	id    string
	exact bool // the name is equal
}

// sort reads those who were listed, and those whom the index proposes besides, and says what each
// is.
func (s Search) sort(ctx context.Context, listed []listing) (f Found, err error) {
	ids := make([]string, 0, len(listed))
	for _, l := range listed {
		ids = append(ids, l.id)
	}
	proposed, err := s.proposed(ctx, ids)
	if err != nil {
		return Found{}, err
	}
	for _, row := range proposed {
		ids = append(ids, row.ApplicantID)
	}
	r := reading{search: s}
	if r.known, err = s.KnownDetails(ctx, ids); err != nil {
		return Found{}, err
	}
	for _, l := range listed {
		person, there, err := r.read(ctx, l.id, MaxDetails)
		switch {
		case err != nil:
			return Found{}, err
		case r.crowded:
			return Found{Matches: f.Matches, Crowded: true}, nil
		case !there:
			f.Unreadable = append(f.Unreadable, l.id)
		case slices.Contains(s.Emails, person.Email):
			f.Matches = append(f.Matches, l.id)
		case person.Email == "" && l.exact:
			f.Ambiguous = append(f.Ambiguous, l.id)
		case l.exact:
			f.OtherEmails = append(f.OtherEmails, l.id)
		}
	}
	others := reading{search: s, known: r.known}
	for _, row := range proposed {
		from, most := &r, MaxDetails
		if row.FoldedName != "" && !s.fits(row.FoldedName) {
			from, most = &others, maxOthers
		}
		person, there, err := from.read(ctx, row.ApplicantID, most)
		switch {
		case err != nil:
			return Found{}, err
		case r.crowded:
			return Found{Matches: f.Matches, Crowded: true}, nil
		case others.crowded, !there, !slices.Contains(s.Emails, person.Email):
		case s.fits(person.FoldedName):
			f.Matches = append(f.Matches, row.ApplicantID)
		default:
			f.OtherNames = append(f.OtherNames, row.ApplicantID)
		}
	}
	return f, nil
}

func (s Search) fits(folded string) bool {
	return slices.ContainsFunc(s.Names, func(n Name) bool { return n.Fits(folded) })
}

// reading reads applicants, up to a bound.
type reading struct {
	search  Search
	known   map[string]Details
	reads   int
	crowded bool // the bound was reached
}

func (r *reading) read(ctx context.Context, id string, most int) (person Details, there bool, err error) {
	if person, there = r.known[id]; there {
		return person, true, nil
	}
	if r.reads++; r.reads > most {
		r.crowded = true
		return Details{}, false, nil
	}
	return r.search.Read(ctx, id)
}

// listed lists all who have one of the names, each once: JazzHR's list has a row for each
// application, and rows shift between pages while they are read.
func (s Search) listed(ctx context.Context) (found []listing, err error) {
	asked := map[string]bool{}
	for _, n := range s.Names {
		question := jazzhr.SearchName(n.First, n.Last)
		if question == "" || asked[question] { // Anna and ANNA are one name
			continue
		}
		asked[question] = true
		if found, err = s.called(ctx, question, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// called adds those whom JazzHR lists under a part of a name, and whose name fits.
func (s Search) called(ctx context.Context, question string, found []listing) ([]listing, error) {
	var before []jazzhr.ApplicantRow
	for page := 1; ; page++ {
		rows, err := s.Account.Read.Applicants(ctx, jazzhr.ApplicantFilter{Name: question}, page)
		if err != nil {
			return nil, fmt.Errorf("search applicants by name: %w", err)
		}
		if page > 1 && slices.Equal(rows.Items, before) {
			return nil, fmt.Errorf("search applicants by name: page %d is the one before: %w", page, ErrUnreadable)
		}
		before = rows.Items
		for _, row := range rows.Items {
			folded := jazzhr.FoldName(row.FirstName, row.LastName)
			if !s.fits(folded) || slices.ContainsFunc(found, func(l listing) bool { return l.id == row.ID }) {
				continue
			}
			exact := slices.ContainsFunc(s.Names, func(n Name) bool { return n.folded() == folded })
			found = append(found, listing{row.ID, exact})
		}
		if rows.Last {
			return found, nil
		}
	}
}

// Namesakes lists the ids of all who have one of the names.
func (s Search) Namesakes(ctx context.Context) (ids []string, err error) {
	found, err := s.listed(ctx)
	for _, l := range found {
		if l.exact {
			ids = append(ids, l.id)
		}
	}
	return ids, err
}

// proposed returns whom our index has with one of the emails or names, apart from those who were
// listed.
func (s Search) proposed(ctx context.Context, listed []string) ([]gen.ProposedApplicantsRow, error) {
	names := make([]string, 0, len(s.Names))
	for _, n := range s.Names {
		if folded := n.folded(); folded != "" {
			names = append(names, folded)
		}
	}
	rows, err := gen.New().ProposedApplicants(ctx, db.Of(s.Pool, s.Account.Tenant), gen.ProposedApplicantsParams{
		TenantID: s.Account.Tenant, Emails: s.Emails, Names: names, Listed: listed, MaxRows: maxProposed,
	})
	return rows, Wrap("look for known applicants", err)
}

// NewSince returns those of the applicants whom our index did not hold before a time, and who were not
// made for another email.
func (s Search) NewSince(ctx context.Context, before time.Time, ids []string) ([]string, error) {
	known, err := gen.New().ApplicantsBefore(ctx, db.Of(s.Pool, s.Account.Tenant), s.Account.Tenant, ids, before)
	if err != nil {
		return nil, fmt.Errorf("read which applicants were known before: %w", err)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(known, id) }), nil
}

// Details are an applicant's email, normalised, and name, folded.
type Details struct{ Email, FoldedName string }

// KnownDetails returns the details of those of the ids that were read since KnownSince.
func (s Search) KnownDetails(ctx context.Context, ids []string) (map[string]Details, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := gen.New().KnownDetails(ctx, db.Of(s.Pool, s.Account.Tenant), s.Account.Tenant, ids, &s.KnownSince)
	if err != nil {
		return nil, fmt.Errorf("read known applicants: %w", err)
	}
	known := make(map[string]Details, len(rows))
	for _, row := range rows {
		known[row.ApplicantID] = Details{row.Email, row.FoldedName}
	}
	return known, nil
}

// Read reads an applicant from JazzHR, and remembers email and name. there is false if JazzHR shows
// no such applicant.
func (s Search) Read(ctx context.Context, id string) (person Details, there bool, err error) {
	detail, err := s.Account.Read.Applicant(ctx, id)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return person, false, nil
	}
	if err != nil {
		return person, false, fmt.Errorf("read applicant: %w", err)
	}
	person = Details{jazzhr.NormalizeEmail(detail.Email), jazzhr.FoldName(detail.FirstName, detail.LastName)}
	err = db.InTenant(ctx, s.Pool, s.Account.Tenant, func(tx db.TenantTx) error {
		return RememberApplicant(ctx, tx, id, person)
	})
	return person, true, err
}

// RememberApplicant stores an applicant's email and name: our index by email, which JazzHR lacks.
func RememberApplicant(ctx context.Context, tx db.TenantTx, id string, person Details) error {
	if err := tx.Q.UpsertApplicant(ctx, tx, gen.UpsertApplicantParams{
		TenantID: tx.Tenant, ApplicantID: id, Email: person.Email, FoldedName: &person.FoldedName,
	}); err != nil {
		return fmt.Errorf("remember applicant: %w", err)
	}
	return nil
}
