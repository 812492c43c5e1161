package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// Each of the three returns what it found even if it was stopped.

const (
	// A nightly audit reads the notes since the last audit that got through them: at least those of
	// noteWindow, and at most those of notesReach.
	noteWindow = 2 * 24 * time.Hour
	notesReach = 30 * 24 * time.Hour
)

// markForm is the form of a note's reference.
var markForm = regexp.MustCompile(`IV-[A-Z2-7]{16}`)

// marks returns the references in a note's text, whatever HTML and spacing JazzHR has added.
func marks(text string) (found []string) {
	for _, form := range work.NoteForms(text) {
		found = append(found, markForm.FindAllString(form, -1)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// copies are the ids of everything that has one key, and of the applicants that it belongs to.
type copies struct{ ids, applicants []string }

func (c *copies) add(id, applicant string) {
	if !slices.Contains(c.ids, id) {
		c.ids = append(c.ids, id)
	}
	if !slices.Contains(c.applicants, applicant) {
		c.applicants = append(c.applicants, applicant)
	}
}

// notes finds references that stand in more than one note. They are ours: nobody else writes
// references.
func (a *audit) notes(ctx context.Context) (found []Finding, err error) {
	applicants, err := a.noted(ctx)
	if err != nil {
		return nil, err
	}
	byMark := map[string]*copies{}
	var stopped error
	for _, id := range applicants {
		detail, err := work.Ask(ctx, &a.reader, func() (jazzhr.Applicant, error) { return a.reader.Account.Read.Applicant(ctx, id) })
		if errors.Is(err, jazzhr.ErrNotFound) { // merged away
			continue
		}
		if err != nil {
			stopped = fmt.Errorf("read an applicant's notes: %w", err)
			break
		}
		if !detail.CommentsKnown {
			stopped = &work.StoppedError{Why: outcome.NotesHidden}
		}
		for i, comment := range detail.Comments {
			// A note without an id is named by its place.
			noteID := cmp.Or(comment.ID, fmt.Sprintf("%s/%d", id, i+1))
			for _, mark := range marks(comment.Text) {
				if byMark[mark] == nil {
					byMark[mark] = &copies{}
				}
				byMark[mark].add(noteID, id)
			}
		}
		a.progress(intrvio.DuplicateNote, 1)
	}
	for mark, notes := range byMark {
		if len(notes.ids) > 1 {
			found = append(found, Finding{Ours: true, Duplicate: intrvio.Duplicate{
				Kind: intrvio.DuplicateNote, IDs: notes.ids, ApplicantIDs: notes.applicants, Reference: mark,
			}})
		}
	}
	return found, stopped
}

// noted lists the applicants whose notes are read: those to whom we wrote, and those on whom the audit
// before this one found duplicates.
func (a *audit) noted(ctx context.Context) (applicants []string, err error) {
	var since time.Time
	if !a.auditor.AllNotes {
		since = a.done.StartedAt.Add(-noteWindow)
	}
	err = db.InTenant(ctx, a.auditor.Accounts.Pool, a.reader.Account.Tenant, func(tx db.TenantTx) error {
		audited, err := tx.Q.NotesAuditedAt(ctx, tx, tx.Tenant)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err == nil && audited.Before(since) {
			since = audited
			if reach := a.done.StartedAt.Add(-notesReach); since.Before(reach) {
				since = reach
			}
		}
		applicants, err = tx.Q.NotedApplicants(ctx, tx, tx.Tenant, &since)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the applicants with notes of ours: %w", err)
	}
	for _, before := range a.previous {
		if before.Kind == intrvio.DuplicateNote {
			applicants = append(applicants, before.ApplicantIDs...)
		}
	}
	slices.Sort(applicants)
	return slices.Compact(applicants), nil
}

// links finds pairs of an applicant and a job that are linked more than once. A merge moves links,
// so a pair is ours by its key and not by the link's id.
func (a *audit) links(ctx context.Context) (found []Finding, err error) {
	type pair struct{ applicant, job string }
	byPair := map[pair][]string{}
	stopped := pages(ctx, a, intrvio.DuplicateLink, func(page int) (jazzhr.Page[jazzhr.Link], error) {
		return a.reader.Account.Read.Links(ctx, jazzhr.LinkFilter{}, page)
	}, func(row jazzhr.Link) {
		of := pair{row.ApplicantID, row.JobID}
		if !slices.Contains(byPair[of], row.ID) { // rows shift between pages while they are read
			byPair[of] = append(byPair[of], row.ID)
		}
	})
	var keys []string
	for of, ids := range byPair {
		if len(ids) > 1 {
			keys = append(keys, work.LinkKey(of.applicant, of.job))
			found = append(found, Finding{Duplicate: intrvio.Duplicate{
				Kind: intrvio.DuplicateLink, IDs: ids, ApplicantIDs: []string{of.applicant}, JobID: of.job,
			}})
		}
	}
	ours, err := a.sent(ctx, work.EffectLink, keys)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].Ours = ours[keys[i]]
	}
	return found, stopped
}

// applicants finds emails that more than one applicant has. JazzHR lists no emails: the emails of
// namesakes are read, and the others are those that the service knows already.
func (a *audit) applicants(ctx context.Context) (found []Finding, err error) {
	names, called := map[string]string{}, map[string]work.Name{}
	stopped := pages(ctx, a, intrvio.DuplicateApplicant, func(page int) (jazzhr.Page[jazzhr.ApplicantRow], error) {
		return a.reader.Account.Read.Applicants(ctx, jazzhr.ApplicantFilter{}, page)
	}, func(row jazzhr.ApplicantRow) {
		names[row.ID] = jazzhr.FoldName(row.FirstName, row.LastName)
		called[row.ID] = work.Name{First: row.FirstName, Last: row.LastName}
	})
	search := work.Search{Account: a.reader.Account, Pool: a.auditor.Accounts.Pool}
	emails := map[string]string{}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(names)), auditKeys) {
		known, err := search.KnownDetails(ctx, ids)
		if err != nil {
			return nil, err
		}
		for id, person := range known {
			emails[id] = person.Email
		}
	}
	p := people{audit: a, search: search, names: names, called: called, emails: emails, fresh: map[string]bool{}}
	if stopped == nil {
		stopped = p.readNamesakes(ctx)
	}
	if _, is := errors.AsType[*work.StoppedError](stopped); stopped != nil && !is {
		return nil, stopped
	}
	return p.group(ctx, stopped)
}
