package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// SyncKind says how much is read from JazzHR.
type SyncKind string

// The kinds.
const (
	SyncPoll SyncKind = "poll" // what is new, and the job openings
	SyncFull SyncKind = "full" // the lists of people from end to end
)

// StateError says that what was asked for is only done for an active tenant.
type StateError struct {
	State  tenant.State
	Reason string
}

func (e *StateError) Error() string { return fmt.Sprintf("the tenant is %s: %s", e.State, e.Reason) }

// StartSync has a tenant's account read now. queued is false if the same is waiting or running already. It returns
// [ErrNoTenant], [ErrNotConnected], or a [*StateError] for a tenant that is connected and not active.
func StartSync(ctx context.Context, tx db.TenantTx, client *Client, kind SyncKind) (queued bool, err error) {
	row, err := tx.Q.TenantForWork(ctx, tx, tx.Tenant)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrNoTenant
	}
	if err != nil {
		return false, fmt.Errorf("read tenant: %w", err)
	}
	switch state, reason := tenant.StateOf(row); state {
	case tenant.Active:
	case tenant.Created, tenant.Disconnected:
		return false, ErrNotConnected
	default:
		return false, &StateError{state, reason}
	}
	var args river.JobArgs = PollActivities{TenantID: tx.Tenant}
	if kind == SyncFull {
		args = FullSync{TenantID: tx.Tenant}
	}
	inserted, err := client.InsertTx(ctx, tx.Tx, args, nil)
	if err != nil {
		return false, fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	if kind == SyncPoll { // the job openings have a poll of their own
		if _, err := client.InsertTx(ctx, tx.Tx, PollOpenings{TenantID: tx.Tenant}, nil); err != nil {
			return false, fmt.Errorf("enqueue a poll of openings: %w", err)
		}
	}
	return !inserted.UniqueSkippedAsDuplicate, nil
}

// The states of a list's backfill.
const (
	BackfillWaiting = "waiting" // for its first page
	BackfillRunning = "running" // or stopped: the next poll has it go on
	BackfillDone    = "done"
)

// ListSync tells how far one of JazzHR's lists has been read.
type ListSync struct {
	// LastPassAt is when an incremental pass was last complete; null if none was.
	LastPassAt *time.Time `json:"last_pass_at"`
	// Full is the last full pass that was complete; left out until one is.
	Full *FullPass `json:"full,omitempty"`
	// Backfill tells how far the first full pass came, which takes in what stood in the account before.
	Backfill *BackfillProgress `json:"backfill,omitempty"`
}

// FullPass tells what a full pass came to.
type FullPass struct {
	At time.Time `json:"at"`
	// Rows is how many rows of the list were known then; left out for activities.
	Rows int64 `json:"rows,omitempty"`
	// Missed is how many it found that polls should have.
	Missed int64 `json:"missed"`
}

// BackfillProgress tells how far a backfill came.
type BackfillProgress struct {
	State string `json:"state"`
	Page  int    `json:"page,omitempty"` // the last that was read, while it runs
}

// ViewSync tells how far each list of a tenant's account has been read, by its name.
func ViewSync(ctx context.Context, tx db.TenantTx) (map[string]ListSync, error) {
	rows, err := tx.Q.ListCursors(ctx, tx, tx.Tenant)
	if err != nil {
		return nil, fmt.Errorf("read how far lists are read: %w", err)
	}
	waiting := func() *BackfillProgress { return &BackfillProgress{State: BackfillWaiting} }
	views := map[string]ListSync{"activities": {}, "openings": {}, "applicants": {Backfill: waiting()}, "links": {Backfill: waiting()}}
	for _, row := range rows {
		view := views[row.List]
		view.LastPassAt = utc(row.PassedAt)
		if row.FullAt != nil {
			view.Full = &FullPass{At: row.FullAt.UTC(), Rows: row.FullRows, Missed: row.FullMissed}
		}
		switch {
		case view.Backfill == nil:
		case row.FullAt != nil:
			view.Backfill.State = BackfillDone
		case row.FullPage > 0:
			view.Backfill = &BackfillProgress{State: BackfillRunning, Page: int(row.FullPage)}
		}
		views[row.List] = view
	}
	return views, nil
}
