package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// SequenceJump is by how much every tenant's event numbers go ahead when the ledger is distrusted: more than any tenant can
// have been told of since the last backup.
const SequenceJump = 1_000_000

// Distrust says that the database may have forgotten what was written, as it has after the restore of a backup or a failover
// that lost commits. From then on every write is looked for in JazzHR before its first send, until [Trust]. Event numbers
// jump ahead, so that none is given out twice. It returns since when the ledger has been distrusted; each call makes the
// numbers jump again.
func Distrust(ctx context.Context, from db.Beginner) (since time.Time, err error) {
	err = db.InTx(ctx, from, func(tx pgx.Tx) error {
		if since, err = gen.New().SystemDistrustLedger(ctx, tx); err != nil {
			return err
		}
		return gen.New().SystemJumpSequences(ctx, tx, SequenceJump)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("distrust the ledger: %w", err)
	}
	return since, nil
}

// Trust ends [Distrust], and reports whether the ledger was distrusted.
func Trust(ctx context.Context, conn gen.DBTX) (bool, error) {
	rows, err := gen.New().SystemTrustLedger(ctx, conn)
	if err != nil {
		return false, fmt.Errorf("trust the ledger: %w", err)
	}
	return rows > 0, nil
}
