package tenant

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/record"
)

// SyncKind says what a sync reads from JazzHR.
type SyncKind string

// The kinds.
const (
	SyncPoll SyncKind = "poll" // what is new, and the job openings
	SyncFull SyncKind = "full" // the lists of people and links from end to end
)

// StateError says that a tenant is not active, which it must be for what was asked.
type StateError struct {
	State  State
	Reason string
}

// Error says which state the tenant has instead.
func (e *StateError) Error() string { return fmt.Sprintf("the tenant is %s: %s", e.State, e.Reason) }

// StartSync has a tenant's account read now. queued is false if the same sync waits or runs
// already. It returns [queue.ErrNoTenant], [queue.ErrNotConnected], or a [*StateError] for a tenant
// that is connected and not active.
func (s *Service) StartSync(ctx context.Context, id uuid.UUID, kind SyncKind, by Actor) (queued bool, err error) {
	err = s.inTenant(ctx, id, func(tx db.TenantTx) error {
		row, err := found(tx.Q.TenantForWork(ctx, tx, id))
		if err != nil {
			return err
		}
		switch state, reason := StateOf(row); state {
		case Active:
		case Created, Disconnected:
			return queue.ErrNotConnected
		default:
			return &StateError{state, reason}
		}
		if queued, err = s.enqueueSync(ctx, tx, kind); err != nil {
			return err
		}
		return by.record(ctx, tx, record.Resynced)
	})
	return queued, err
}

func (s *Service) enqueueSync(ctx context.Context, tx db.TenantTx, kind SyncKind) (queued bool, err error) {
	var args river.JobArgs = queue.PollActivities{TenantID: tx.Tenant}
	if kind == SyncFull {
		args = queue.FullSync{TenantID: tx.Tenant}
	}
	inserted, err := s.client.InsertTx(ctx, tx.Tx, args, nil)
	if err != nil {
		return false, fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	if kind == SyncPoll { // job openings have a poll of their own
		if _, err := s.client.InsertTx(ctx, tx.Tx, queue.PollOpenings{TenantID: tx.Tenant}, nil); err != nil {
			return false, fmt.Errorf("enqueue a poll of openings: %w", err)
		}
	}
	return !inserted.UniqueSkippedAsDuplicate, nil
}

// The states of a list's backfill.
const (
	BackfillWaiting = "waiting" // for its first page
	BackfillRunning = "running" // or stopped, until the next poll
	BackfillDone    = "done"
)

// ListSync tells how far one of JazzHR's lists has been read.
type ListSync struct {
	// LastPassAt is when an incremental pass was last complete, or null.
	LastPassAt *time.Time `json:"last_pass_at"`
	// Full is the last full pass that was complete. It is left out until there is one.
	Full *FullPass `json:"full,omitempty"`
	// Backfill tells how far the first full pass came. It reads what the account held before it was
	// connected.
	Backfill *BackfillProgress `json:"backfill,omitempty"`
}

// FullPass tells what a full pass came to.
type FullPass struct {
	At time.Time `json:"at"`
	// Rows is how many rows of the list were known then. It is left out for activities.
	Rows int64 `json:"rows,omitempty"`
	// Missed is how many rows it found that polls should have found.
	Missed int64 `json:"missed"`
}

// BackfillProgress tells how far a backfill came.
type BackfillProgress struct {
	State string `json:"state"`
	Page  int    `json:"page,omitempty"` // the last page that was read, while it runs
}

// ViewSync tells, by the name of each list of a tenant's account, how far it has been read.
func ViewSync(ctx context.Context, tx db.TenantTx) (map[string]ListSync, error) {
	rows, err := tx.Q.ListCursors(ctx, tx, tx.Tenant)
	if err != nil {
		return nil, fmt.Errorf("read how far lists are read: %w", err)
	}
	waiting := func() *BackfillProgress { return &BackfillProgress{State: BackfillWaiting} }
	views := map[string]ListSync{
		"activities": {}, "openings": {},
		"applicants": {Backfill: waiting()}, "links": {Backfill: waiting()},
	}
	for _, row := range rows {
		view := views[row.List]
		view.LastPassAt = db.UTC(row.PassedAt)
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
