package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outbox"
)

const (
	// maxGoneReads is how many applicants one pass reads to confirm that they are gone. The next pass
	// reads the others.
	maxGoneReads = 200
	// goneAge is how long an applicant must have been known to count as missing: the list may not show
	// yet what was just written.
	goneAge = time.Hour
	// knownRows is how many known applicants one statement reads.
	knownRows = 5000
)

// tellGone announces the known applicants who are not listed and whom a read of their own does not find
// either. An empty list proves nothing.
func (s *fullSync) tellGone(ctx context.Context, listed map[string]bool, began time.Time) error {
	if len(listed) == 0 {
		return nil
	}
	absent, err := s.absent(ctx, listed, began)
	if err != nil {
		return err
	}
	for _, id := range absent[:min(len(absent), maxGoneReads)] {
		detail, err := (patientReader{&s.reader}).Applicant(ctx, id)
		if err != nil && !errors.Is(err, jazzhr.ErrNotFound) {
			return fmt.Errorf("read an applicant who is not listed: %w", err)
		}
		there := err == nil
		err = db.InTenant(ctx, s.mirror.Pool, s.reader.Account.Tenant, func(tx db.TenantTx) error {
			if there { // the next pass reads it last
				return work.RememberApplicant(ctx, tx, id, work.Details{
					Email: jazzhr.NormalizeEmail(detail.Email), FoldedName: jazzhr.FoldName(detail.FirstName, detail.LastName),
				})
			}
			gone, err := tx.Q.TellApplicantGone(ctx, tx, tx.Tenant, id)
			if err != nil {
				return fmt.Errorf("note who is gone: %w", err)
			}
			if gone == 0 { // by another pass meanwhile
				return nil
			}
			return outbox.Announce(ctx, tx, s.mirror.Client, outbox.Event{Type: intrvio.CandidateGone, Data: intrvio.Gone{ApplicantID: id}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// absent returns the known applicants who are not listed. Those who were never read come first, then
// those whose last read is longest ago.
func (s *fullSync) absent(ctx context.Context, listed map[string]bool, began time.Time) (ids []string, err error) {
	var absent []gen.KnownApplicantsRow
	for after := ""; ; {
		var known []gen.KnownApplicantsRow
		err := db.InTenant(ctx, s.mirror.Pool, s.reader.Account.Tenant, func(tx db.TenantTx) (err error) {
			known, err = tx.Q.KnownApplicants(ctx, tx, gen.KnownApplicantsParams{
				TenantID: tx.Tenant, After: after, KnownAt: began.Add(-goneAge), MaxRows: knownRows,
			})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the known applicants: %w", err)
		}
		for _, row := range known {
			if after = row.ApplicantID; !listed[row.ApplicantID] {
				absent = append(absent, row)
			}
		}
		if len(known) < knownRows {
			break
		}
	}
	slices.SortStableFunc(absent, func(a, b gen.KnownApplicantsRow) int { return instant(a.ReadAt).Compare(instant(b.ReadAt)) })
	for _, row := range absent {
		ids = append(ids, row.ApplicantID)
	}
	return ids, nil
}

// instant returns a time that may be missing. A missing time is before all others.
func instant(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}
