package mirror

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// backfill starts the backfill after the first pass over both lists of people, and starts a backfill
// again that was stopped. passed are the lists of which a pass was complete just now.
func (m *Mirror) backfill(ctx context.Context, tenant uuid.UUID, state pollState, passed []string) error {
	for _, list := range []string{ListApplicants, ListLinks} {
		if !state.begun(list) && !slices.Contains(passed, list) {
			return nil
		}
	}
	if state.filled() {
		return nil
	}
	return db.InTenant(ctx, m.Pool, tenant, func(tx db.TenantTx) error {
		unfinished, err := tx.Q.UnfinishedBackfills(ctx, tx, tx.Tenant)
		if err != nil {
			return fmt.Errorf("look for unfinished backfills: %w", err)
		}
		if unfinished == 0 {
			return nil
		}
		_, err = m.Client.InsertTx(ctx, tx.Tx, queue.FullSync{TenantID: tx.Tenant}, nil)
		return work.Wrap("start the backfill", err)
	})
}

// peopleReader reads the lists of people. [*jazzhr.Account] and [patientReader] are two.
type peopleReader interface {
	Applicants(ctx context.Context, filter jazzhr.ApplicantFilter, page int) (jazzhr.Page[jazzhr.ApplicantRow], error)
	Applicant(ctx context.Context, id string) (jazzhr.Applicant, error)
	Links(ctx context.Context, filter jazzhr.LinkFilter, page int) (jazzhr.Page[jazzhr.Link], error)
}

func (m *Mirror) applicantList(tenant uuid.UUID, from peopleReader) list[jazzhr.ApplicantRow] {
	t := taker{mirror: m, tenant: tenant, detail: from.Applicant}
	return list[jazzhr.ApplicantRow]{
		mirror: m, tenant: tenant, name: ListApplicants, take: t.applicants,
		read: func(ctx context.Context, since string, page int) (jazzhr.Page[jazzhr.ApplicantRow], error) {
			return from.Applicants(ctx, jazzhr.ApplicantFilter{FromApplyDate: since}, page)
		},
		of: func(row jazzhr.ApplicantRow) (id, day string) { return row.ID, row.ApplyDate },
		known: func(ctx context.Context, tx db.TenantTx, ids []string) ([]string, error) {
			return tx.Q.ListedApplicants(ctx, tx, tx.Tenant, ids)
		},
	}
}

func (m *Mirror) linkList(tenant uuid.UUID, from peopleReader) list[jazzhr.Link] {
	t := taker{mirror: m, tenant: tenant}
	return list[jazzhr.Link]{
		mirror: m, tenant: tenant, name: ListLinks, take: t.links,
		// JazzHR has no filter by date.
		read: func(ctx context.Context, _ string, page int) (jazzhr.Page[jazzhr.Link], error) {
			return from.Links(ctx, jazzhr.LinkFilter{}, page)
		},
		of: func(row jazzhr.Link) (id, day string) { return row.ID, row.Date },
		known: func(ctx context.Context, tx db.TenantTx, ids []string) ([]string, error) {
			return tx.Q.KnownLinks(ctx, tx, tx.Tenant, ids)
		},
	}
}

// patientReader reads the lists of people for a full pass.
type patientReader struct{ *work.Reader }

// Applicants reads a page of applicants.
func (r patientReader) Applicants(ctx context.Context, filter jazzhr.ApplicantFilter, page int) (jazzhr.Page[jazzhr.ApplicantRow], error) {
	return work.Ask(ctx, r.Reader, func() (jazzhr.Page[jazzhr.ApplicantRow], error) {
		return r.Account.Read.Applicants(ctx, filter, page)
	})
}

// Applicant reads one applicant.
func (r patientReader) Applicant(ctx context.Context, id string) (jazzhr.Applicant, error) {
	return work.Ask(ctx, r.Reader, func() (jazzhr.Applicant, error) { return r.Account.Read.Applicant(ctx, id) })
}

// Links reads a page of links.
func (r patientReader) Links(ctx context.Context, filter jazzhr.LinkFilter, page int) (jazzhr.Page[jazzhr.Link], error) {
	return work.Ask(ctx, r.Reader, func() (jazzhr.Page[jazzhr.Link], error) {
		return r.Account.Read.Links(ctx, filter, page)
	})
}
