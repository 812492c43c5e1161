package jobs

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
	"github.com/intrvio/jazzhr-worker/queue"
)

// taker takes rows of the lists of people in: it makes them known, and tells Intrvio.
type taker struct {
	*Runner
	tenant uuid.UUID
	detail func(ctx context.Context, id string) (jazzhr.Applicant, error)
}

// applicants takes applicants in. Whom it announces it reads, for the email. One who is not found then is neither taken in
// nor announced: merged away since the list was read, or shown by the list only, and then the next pass tries again.
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
			if failed = wrap("read applicant", err); err != nil {
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
	taken, err = t.keep(ctx, len(people), also, func(tx db.TenantTx) ([]queue.Event, int, error) {
		return keepApplicants(ctx, tx, people, announce)
	})
	return taken, errors.Join(failed, err)
}

// keep stores rows and announces what their storing says, in one transaction.
func (t taker) keep(ctx context.Context, rows int, also func(db.TenantTx) error, store func(db.TenantTx) ([]queue.Event, int, error)) (taken int, err error) {
	if rows == 0 && also == nil {
		return 0, nil
	}
	err = db.InTenant(ctx, t.config.Pool, t.tenant, func(tx db.TenantTx) error {
		var events []queue.Event
		if events, taken, err = store(tx); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return queue.Announce(ctx, tx, t.client, events...)
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

func keepApplicants(ctx context.Context, tx db.TenantTx, people []intrvio.Applied, announce bool) ([]queue.Event, int, error) {
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
	made, err := tx.Q.MadeKeys(ctx, tx, tx.Tenant, effectCreate, list.Emails)
	if err != nil {
		return nil, 0, fmt.Errorf("look up whom we made: %w", err)
	}
	var events []queue.Event
	for _, p := range people {
		if slices.Contains(taken, p.ApplicantID) {
			p.MadeByUs = slices.Contains(made, p.Candidate.Email)
			events = append(events, queue.Event{Type: intrvio.CandidateApplied, Data: p})
		}
	}
	return events, len(taken), nil
}

// links takes links in.
func (t taker) links(ctx context.Context, rows []jazzhr.Link, announce bool, also func(db.TenantTx) error) (int, error) {
	return t.keep(ctx, len(rows), also, func(tx db.TenantTx) ([]queue.Event, int, error) {
		return keepLinks(ctx, tx, rows, announce)
	})
}

func keepLinks(ctx context.Context, tx db.TenantTx, rows []jazzhr.Link, announce bool) ([]queue.Event, int, error) {
	insert := gen.InsertLinksParams{TenantID: tx.Tenant}
	keys := make([]string, 0, len(rows))
	for _, row := range rows {
		insert.LinkIds = append(insert.LinkIds, row.ID)
		insert.ApplicantIds = append(insert.ApplicantIds, row.ApplicantID)
		insert.JobIds = append(insert.JobIds, row.JobID)
		insert.Days = append(insert.Days, row.Date)
		keys = append(keys, linkKey(row.ApplicantID, row.JobID))
	}
	taken, err := tx.Q.InsertLinks(ctx, tx, insert)
	if err != nil {
		return nil, 0, fmt.Errorf("store links: %w", err)
	}
	if !announce {
		return nil, len(taken), nil
	}
	made, err := tx.Q.MadeKeys(ctx, tx, tx.Tenant, effectLink, keys)
	if err != nil {
		return nil, 0, fmt.Errorf("look up which links we made: %w", err)
	}
	var events []queue.Event
	for i, row := range rows {
		if slices.Contains(taken, row.ID) {
			events = append(events, queue.Event{Type: intrvio.CandidateLinked, Data: intrvio.Linked{
				LinkID: row.ID, ApplicantID: row.ApplicantID, JobID: row.JobID, LinkedOn: row.Date, MadeByUs: slices.Contains(made, keys[i]),
			}})
		}
	}
	return events, len(taken), nil
}
