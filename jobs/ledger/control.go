package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

const (
	// seenFresh is how long one look at a confirmed write vouches for what an account shows.
	// unseenFresh is how long a look that found nothing does.
	seenFresh   = 24 * time.Hour
	unseenFresh = 10 * time.Minute
)

// control says whether confirmed writes of the kind can be seen on the account, as far as that is
// known.
func (t transition) control(ctx context.Context, tx db.TenantTx, now time.Time) (control, error) {
	shown, err := tx.Q.Visibility(ctx, tx, tx.Tenant, t.kind)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return controlUnread, fmt.Errorf("read what the account shows: %w", err)
	}
	if shown.UnseenAt == nil && shown.SeenAt != nil && now.Sub(*shown.SeenAt) < seenFresh {
		return controlSeen, nil
	}
	confirmed, err := tx.Q.ControlEffects(ctx, tx, tx.Tenant, t.kind)
	if err == nil && len(confirmed) == 0 {
		if err := tx.Q.LockControl(ctx, tx, tx.Tenant, t.kind); err != nil {
			return controlUnread, fmt.Errorf("wait for a first confirmed write: %w", err)
		}
		confirmed, err = tx.Q.ControlEffects(ctx, tx, tx.Tenant, t.kind)
	}
	switch {
	case err != nil:
		return controlUnread, fmt.Errorf("find confirmed writes: %w", err)
	case len(confirmed) == 0:
		return controlMissing, nil
	case shown.UnseenAt != nil && now.Sub(*shown.UnseenAt) < unseenFresh:
		return controlUnseen, nil
	case now.Sub(*confirmed[0].SettledAt) < t.ledger.SettleDelay:
		return controlYoung, nil
	}
	return controlUnread, nil
}

// readControl reads confirmed writes of the kind back until one is seen, and remembers whether the
// account shows any. More than one is read because what one was written on may be gone, or not be
// shown yet.
func (s *step) readControl(ctx context.Context, kind string, to remote) error {
	var confirmed []gen.ControlEffectsRow
	err := db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) (err error) {
		confirmed, err = tx.Q.ControlEffects(ctx, tx, tx.Tenant, kind)
		return err
	})
	if err != nil {
		return fmt.Errorf("find confirmed writes: %w", err)
	}
	read := map[result]bool{}
	for i := 0; i < 2*len(confirmed) && !read[found]; i++ { // twice: one read may fail to show what is there
		one, err := to.readBack(ctx, confirmed[i%len(confirmed)])
		if err != nil {
			return err
		}
		read[one] = true
	}
	if len(read) == 1 && read[gone] && confirmed[len(confirmed)-1].Fresh {
		return work.ErrUnreadable
	}
	err = db.InTenant(ctx, s.ledger.Pool, s.id.tenant, func(tx db.TenantTx) error {
		if read[found] {
			return tx.Q.MarkSeen(ctx, tx, tx.Tenant, kind)
		}
		return tx.Q.MarkUnseen(ctx, tx, tx.Tenant, kind)
	})
	if err != nil {
		return fmt.Errorf("remember what the account shows: %w", err)
	}
	return nil
}
