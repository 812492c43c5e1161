package jobs

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// The lists of people, as their cursors name them.
const (
	listApplicants = "applicants"
	listLinks      = "links"
)

// pollPeople reads what is new in the lists of applicants and links. Where that was a list's first pass it starts the
// backfill, and where a backfill was stopped it starts it again.
func (r *Runner) pollPeople(ctx context.Context, a account, state pollState) error {
	err := r.applicantList(a.tenant, a.read).pass(ctx, state.window(listApplicants))
	if err != nil {
		if w, known := waitAfter(err, 0); !known || !w.failing {
			return err // the other list can't be read either
		}
	}
	if err := cmp.Or(r.linkList(a.tenant, a.read).pass(ctx, state.window(listLinks)), err); err != nil || state.filled() {
		return err
	}
	return db.InTenant(ctx, r.config.Pool, a.tenant, func(tx db.TenantTx) error {
		unfinished, err := tx.Q.UnfinishedBackfills(ctx, tx, tx.Tenant)
		if err != nil {
			return fmt.Errorf("look for unfinished backfills: %w", err)
		}
		if unfinished == 0 {
			return nil
		}
		_, err = r.client.InsertTx(ctx, tx.Tx, queue.FullSync{TenantID: tx.Tenant}, nil)
		return wrap("start the backfill", err)
	})
}

// peopleReader reads the lists of people. [*jazzhr.Account] is one.
type peopleReader interface {
	Applicants(ctx context.Context, filter jazzhr.ApplicantFilter, page int) (jazzhr.Page[jazzhr.ApplicantRow], error)
	Applicant(ctx context.Context, id string) (jazzhr.Applicant, error)
	Links(ctx context.Context, filter jazzhr.LinkFilter, page int) (jazzhr.Page[jazzhr.Link], error)
}

func (r *Runner) applicantList(tenant uuid.UUID, from peopleReader) list[jazzhr.ApplicantRow] {
	t := taker{Runner: r, tenant: tenant, detail: from.Applicant}
	return list[jazzhr.ApplicantRow]{
		Runner: r, tenant: tenant, name: listApplicants, take: t.applicants,
		read: func(ctx context.Context, since string, page int) (jazzhr.Page[jazzhr.ApplicantRow], error) {
			return from.Applicants(ctx, jazzhr.ApplicantFilter{FromApplyDate: since}, page)
		},
		of: func(row jazzhr.ApplicantRow) (id, day string) { return row.ID, row.ApplyDate },
		known: func(ctx context.Context, tx db.TenantTx, ids []string) ([]string, error) {
			return tx.Q.ListedApplicants(ctx, tx, tx.Tenant, ids)
		},
	}
}

func (r *Runner) linkList(tenant uuid.UUID, from peopleReader) list[jazzhr.Link] {
	t := taker{Runner: r, tenant: tenant}
	return list[jazzhr.Link]{
		Runner: r, tenant: tenant, name: listLinks, take: t.links,
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
