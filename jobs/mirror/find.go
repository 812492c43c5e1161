package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// FindJob reports whether a tenant's account has a job of an id or, if that is empty, of a board
// code. Its error means that JazzHR could not be asked. Its calls are live work of the tenant's
// budget.
func (m *Mirror) FindJob(ctx context.Context, tenant uuid.UUID, id, boardCode string) (bool, error) {
	account, err := m.Accounts.Open(ctx, tenant, queue.Live)
	if err != nil {
		return false, err
	}
	if id != "" {
		boardCode = ""
	}
	_, found, err := m.FindOpening(ctx, account, id, boardCode, "")
	if err == nil {
		return found, nil
	}
	if wait, known := work.WaitAfter(err, 0); known {
		err = errors.Join(err, m.Accounts.Hold(ctx, tenant, account.KeyVersion, wait))
	}
	return false, err
}

// FindOpening returns a job opening by id, board code or exact title, whichever is given first.
// known is false if the account has no such opening, or more than one of the title. Our copy is
// looked at first, and learns what JazzHR answers.
func (m *Mirror) FindOpening(ctx context.Context, a work.Account, id, boardCode, title string) (opening jazzhr.Job, known bool, err error) {
	if opening, known, err = m.KnownOpening(ctx, a.Tenant, id, boardCode); err != nil || known {
		return opening, known, err
	}
	asked, err := db.Now(ctx, m.Pool)
	if err != nil {
		return opening, false, err
	}
	if id != "" {
		opening, err = a.Read.Job(ctx, id)
		if err != nil && !errors.Is(err, jazzhr.ErrNotFound) {
			return opening, false, fmt.Errorf("read job: %w", err)
		}
		known = err == nil
	}
	for _, filter := range []jazzhr.JobFilter{{BoardCode: boardCode}, {Title: title}} {
		if known || filter == (jazzhr.JobFilter{}) {
			continue
		}
		rows, err := a.Read.Jobs(ctx, filter, 1)
		if err != nil {
			return opening, false, fmt.Errorf("search jobs: %w", err)
		}
		// JazzHR may filter by a part: only the same counts.
		exact := slices.DeleteFunc(rows.Items, func(j jazzhr.Job) bool {
			return (filter.BoardCode != "" && j.BoardCode != boardCode) || (filter.Title != "" && j.Title != title)
		})
		if len(exact) == 1 {
			opening, known = exact[0], true
		}
	}
	if !known {
		return opening, false, nil
	}
	err = db.InTenant(ctx, m.Pool, a.Tenant, func(tx db.TenantTx) error {
		return observeOpenings(ctx, tx, m.Client, seen(opening), asked)
	})
	if err != nil {
		return opening, false, fmt.Errorf("remember job: %w", err)
	}
	return opening, true, nil
}

// KnownOpening is FindOpening in our copy alone: by id, else by board code.
func (m *Mirror) KnownOpening(ctx context.Context, tenant uuid.UUID, id, boardCode string) (jazzhr.Job, bool, error) {
	row, err := gen.Opening{}, pgx.ErrNoRows
	if id != "" {
		row, err = gen.New().Opening(ctx, db.Of(m.Pool, tenant), tenant, id)
	}
	if boardCode != "" && errors.Is(err, pgx.ErrNoRows) {
		row, err = gen.New().OpeningByBoardCode(ctx, db.Of(m.Pool, tenant), tenant, &boardCode)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return jazzhr.Job{}, false, nil
	}
	if err != nil {
		return jazzhr.Job{}, false, fmt.Errorf("look up known jobs: %w", err)
	}
	return mirrored(row).Job, true, nil
}
