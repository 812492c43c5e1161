package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

// taker takes in rows of the lists of people: it stores them and tells Intrvio.
type taker struct {
	mirror *Mirror
	tenant uuid.UUID
	detail func(ctx context.Context, id string) (jazzhr.Applicant, error)
}

// applicants takes applicants in. It reads those whom it announces, for the email. An applicant who
// is not found then is neither taken in nor announced: either they were merged away since the list
// was read, or only the list shows them yet, and the next pass tries again.
func (t taker) applicants(ctx context.Context, rows []jazzhr.ApplicantRow, announce bool, also func(db.TenantTx) error) (taken int, err error) {
	people, failed := make([]intrvio.Applied, 0, len(rows)), error(nil)
	for _, row := range rows {
		person := intrvio.Applied{
			ApplicantID: row.ID, AppliedOn: row.ApplyDate, JobID: row.JobID, JobTitle: row.JobTitle,
			Candidate: intrvio.Candidate{FirstName: row.FirstName, LastName: row.LastName, Phone: row.Phone},
		}
		if announce {
			detail, err := t.detail(ctx, row.ID)
			if errors.Is(err, jazzhr.ErrNotFound) {
				continue
			}
			if failed = work.Wrap("read applicant", err); err != nil {
				break
			}
			person.Candidate = intrvio.Candidate{
				FirstName: detail.FirstName, LastName: detail.LastName, Email: jazzhr.NormalizeEmail(detail.Email), Phone: detail.Phone,
			}
		}
		people = append(people, person)
	}
	if failed != nil { // those that were read have cost a call each
		also = nil
	}
	taken, err = t.keep(ctx, len(people), also, func(tx db.TenantTx) ([]outbox.Event, int, error) {
		return keepApplicants(ctx, tx, people, announce)
	})
	return taken, errors.Join(failed, err)
}

// keep stores rows and announces the events that store returns, in one transaction.
func (t taker) keep(ctx context.Context, rows int, also func(db.TenantTx) error, store func(db.TenantTx) ([]outbox.Event, int, error)) (taken int, err error) {
	if rows == 0 && also == nil {
		return 0, nil
	}
	err = db.InTenant(ctx, t.mirror.Pool, t.tenant, func(tx db.TenantTx) error {
		var events []outbox.Event
		if events, taken, err = store(tx); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return outbox.Announce(ctx, tx, t.mirror.Client, events...)
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

func keepApplicants(ctx context.Context, tx db.TenantTx, people []intrvio.Applied, announce bool) ([]outbox.Event, int, error) {
	list := gen.ListApplicantsParams{TenantID: tx.Tenant, WereRead: announce}
	for _, p := range people {
		list.ApplicantIds = append(list.ApplicantIds, p.ApplicantID)
		list.Emails = append(list.Emails, p.Candidate.Email)
		list.FoldedNames = append(list.FoldedNames, jazzhr.FoldName(p.Candidate.FirstName, p.Candidate.LastName))
	}
	taken, err := tx.Q.ListApplicants(ctx, tx, list)
	if err != nil {
		return nil, 0, fmt.Errorf("store applicants: %w", err)
	}
	if !announce {
		return nil, len(taken), nil
	}
	made, err := tx.Q.MadeApplicants(ctx, tx, tx.Tenant, list.Emails)
	if err != nil {
		return nil, 0, fmt.Errorf("look up whom we made: %w", err)
	}
	var events []outbox.Event
	for _, p := range people {
		if slices.Contains(taken, p.ApplicantID) {
			p.MadeByUs = slices.ContainsFunc(made, func(key string) bool { return isCreateOf(key, p.Candidate) })
			events = append(events, outbox.Event{Type: intrvio.CandidateApplied, Data: p})
		}
	}
	return events, len(taken), nil
}

// isCreateOf reports whether a create was for somebody, by its key.
func isCreateOf(key string, c intrvio.Candidate) bool {
	email, folded, named := work.CutCreateKey(key)
	return email == c.Email && (!named || jazzhr.NameFits(folded, c.FirstName, c.LastName))
}

// links takes links in.
func (t taker) links(ctx context.Context, rows []jazzhr.Link, announce bool, also func(db.TenantTx) error) (int, error) {
	return t.keep(ctx, len(rows), also, func(tx db.TenantTx) ([]outbox.Event, int, error) {
		return keepLinks(ctx, tx, rows, announce)
	})
}

func keepLinks(ctx context.Context, tx db.TenantTx, rows []jazzhr.Link, announce bool) ([]outbox.Event, int, error) {
	insert := gen.InsertLinksParams{TenantID: tx.Tenant}
	keys := make([]string, 0, len(rows))
	for _, row := range rows {
		insert.LinkIds = append(insert.LinkIds, row.ID)
		insert.ApplicantIds = append(insert.ApplicantIds, row.ApplicantID)
		insert.JobIds = append(insert.JobIds, row.JobID)
		insert.Days = append(insert.Days, row.Date)
		keys = append(keys, work.LinkKey(row.ApplicantID, row.JobID))
	}
	taken, err := tx.Q.InsertLinks(ctx, tx, insert)
	if err != nil {
		return nil, 0, fmt.Errorf("store links: %w", err)
	}
	if !announce {
		return nil, len(taken), nil
	}
	made, err := tx.Q.MadeKeys(ctx, tx, tx.Tenant, work.EffectLink, keys)
	if err != nil {
		return nil, 0, fmt.Errorf("look up which links we made: %w", err)
	}
	var events []outbox.Event
	for i, row := range rows {
		if slices.Contains(taken, row.ID) {
			events = append(events, outbox.Event{Type: intrvio.CandidateLinked, Data: intrvio.Linked{
				LinkID: row.ID, ApplicantID: row.ApplicantID, JobID: row.JobID, LinkedOn: row.Date, MadeByUs: slices.Contains(made, keys[i]),
			}})
		}
	}
	return events, len(taken), nil
}
