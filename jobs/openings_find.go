package jobs

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
	"github.com/intrvio/jazzhr-worker/queue"
)

// JobFinder asks JazzHR for jobs on behalf of a web server. Its calls are taken from the tenant's budget, as live work.
type JobFinder struct{ runner *Runner }

// NewJobFinder returns a finder. Of config it needs Pool, JazzHR, Tenants and Bucket.
func NewJobFinder(config Config, client *queue.Client) JobFinder {
	return JobFinder{&Runner{config: config, client: client}}
}

// FindJob reports whether a tenant's account has a job of an id or, where that is empty, of a board code. Its error means
// that JazzHR could not be asked.
func (f JobFinder) FindJob(ctx context.Context, tenant uuid.UUID, id, boardCode string) (bool, error) {
	account, err := f.runner.openAccount(ctx, tenant, queue.Live)
	if err != nil {
		return false, err
	}
	if id != "" {
		boardCode = ""
	}
	_, found, err := f.runner.findOpening(ctx, account, id, boardCode, "")
	if err == nil {
		return found, nil
	}
	if wait, known := waitAfter(err, 0); known {
		err = errors.Join(err, f.runner.holdTenant(ctx, tenant, account.keyVersion, wait))
	}
	return false, err
}

// findOpening returns a job opening by id, board code or exact title, whichever is given first; found is false if the
// account has none such, or by title more than one. What JazzHR was asked for is observed.
func (r *Runner) findOpening(ctx context.Context, a account, id, boardCode, title string) (opening jazzhr.Job, known bool, err error) {
	if opening, known, err = r.knownOpening(ctx, a, id, boardCode); err != nil || known {
		return opening, known, err
	}
	asked, err := r.databaseNow(ctx)
	if err != nil {
		return opening, false, err
	}
	if id != "" {
		opening, err = a.read.Job(ctx, id)
		if err != nil && !errors.Is(err, jazzhr.ErrNotFound) {
			return opening, false, fmt.Errorf("read job: %w", err)
		}
		known = err == nil
	}
	for _, filter := range []jazzhr.JobFilter{{BoardCode: boardCode}, {Title: title}} {
		if known || filter == (jazzhr.JobFilter{}) {
			continue
		}
		rows, err := a.read.Jobs(ctx, filter, 1)
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
	err = db.InTenant(ctx, r.config.Pool, a.tenant, func(tx db.TenantTx) error {
		return observeOpenings(ctx, tx, r.client, seen(opening), asked)
	})
	if err != nil {
		return opening, false, fmt.Errorf("remember job: %w", err)
	}
	return opening, true, nil
}

// knownOpening is findOpening in what we know already: by id, else by board code.
func (r *Runner) knownOpening(ctx context.Context, a account, id, boardCode string) (jazzhr.Job, bool, error) {
	row, err := gen.Opening{}, pgx.ErrNoRows
	if id != "" {
		row, err = gen.New().Opening(ctx, r.config.Pool, a.tenant, id)
	}
	if boardCode != "" && errors.Is(err, pgx.ErrNoRows) {
		row, err = gen.New().OpeningByBoardCode(ctx, r.config.Pool, a.tenant, &boardCode)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return jazzhr.Job{}, false, nil
	}
	if err != nil {
		return jazzhr.Job{}, false, fmt.Errorf("look up known jobs: %w", err)
	}
	return mirrored(row).Job, true, nil
}
