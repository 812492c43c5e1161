package work

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// SequenceJump is by how much every tenant's event sequence goes ahead when the ledger is
// distrusted: by more events than any tenant can have had since the last backup.
const SequenceJump = 1_000_000

// Distrust says that the database may have forgotten what was written into JazzHR, as after the
// restore of a backup or a failover that lost commits. Until [Trust], every write is looked for in
// JazzHR before its first send. Event sequences jump ahead by [SequenceJump], so that no number is
// given out twice; each call makes them jump again. Distrust returns since when the ledger has been
// distrusted.
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

// Trust ends what [Distrust] began, and reports whether the ledger was distrusted.
func Trust(ctx context.Context, conn gen.DBTX) (bool, error) {
	rows, err := gen.New().SystemTrustLedger(ctx, conn)
	if err != nil {
		return false, fmt.Errorf("trust the ledger: %w", err)
	}
	return rows > 0, nil
}
