package record

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// chainRows is how many rows are read, chained or purged at once.
const chainRows = 1000

// Chain gives the rows that have come since the last time their places in the chain. Processes that
// chain at once do so one after the other. It returns how many rows it chained.
func Chain(ctx context.Context, pool *pgxpool.Pool) (n int, err error) {
	for {
		waiting, err := gen.New().SystemUnchainedActions(ctx, pool, 1) // mostly there is none, and nothing to lock
		if err != nil {
			return n, fmt.Errorf("chain the record: %w", err)
		}
		if len(waiting) == 0 {
			return n, nil
		}
		var batch int
		if err := db.InTx(ctx, pool, func(tx pgx.Tx) (err error) {
			batch, err = chainBatch(ctx, tx)
			return err
		}); err != nil {
			return n, fmt.Errorf("chain the record: %w", err)
		}
		n += batch
	}
}

func chainBatch(ctx context.Context, tx pgx.Tx) (int, error) {
	q := gen.New()
	chain, err := q.SystemLockRecordChain(ctx, tx)
	if err != nil {
		return 0, err
	}
	rows, err := q.SystemUnchainedActions(ctx, tx, chainRows)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ids, positions, hashes := make([]uuid.UUID, len(rows)), make([]int64, len(rows)), make([][]byte, len(rows))
	position, hash := chain.HeadPosition, chain.HeadHash
	for i, row := range rows {
		position++
		e := EntryOf(row)
		e.Position = position
		if hash, err = e.hashAfter(hash); err != nil {
			return 0, err
		}
		ids[i], positions[i], hashes[i] = row.ActionID, position, hash
	}
	if err := q.SystemChainActions(ctx, tx, ids, positions, hashes); err != nil {
		return 0, err
	}
	return len(rows), q.SystemMoveRecordHead(ctx, tx, position, hash)
}

// Verified is what [Verify] found to hold.
type Verified struct {
	Entries   int64     `json:"entries"`   // that hold
	From      int64     `json:"from"`      // the position of the first
	Till      int64     `json:"till"`      // the position of the last
	Hash      string    `json:"hash"`      // of the last
	Unchained int       `json:"unchained"` // that came just now; at most 1,000 are counted
	LastAt    time.Time `json:"last_at,omitzero"`
}

// BrokenError says where the chain does not hold.
type BrokenError struct {
	Position int64
	ID       uuid.UUID // of the row that is there; uuid.Nil if none is
	Problem  string
}

// Error names the place and what is wrong.
func (e *BrokenError) Error() string {
	text := fmt.Sprintf("the record is not whole at position %d: %s", e.Position, e.Problem)
	if e.ID != uuid.Nil {
		text += " (row " + e.ID.String() + ")"
	}
	return text
}

// Verify goes along the chain from its beginning to its end, and returns a [*BrokenError] at the
// first place that does not hold. It sees one moment, also while the service runs.
func Verify(ctx context.Context, pool *pgxpool.Pool) (Verified, error) {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Verified{}, fmt.Errorf("verify the record: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	q := gen.New()
	chain, err := q.SystemRecordChain(ctx, tx)
	if err != nil {
		return Verified{}, fmt.Errorf("verify the record: %w", err)
	}
	found, err := walk(ctx, tx, chain)
	if err != nil {
		return found, err
	}
	waiting, err := q.SystemUnchainedActions(ctx, tx, chainRows)
	if err != nil {
		return found, fmt.Errorf("verify the record: %w", err)
	}
	found.Unchained = len(waiting)
	return found, nil
}

// walk holds each row to its hash.
func walk(ctx context.Context, conn gen.DBTX, chain gen.RecordChain) (Verified, error) {
	position, hash := chain.BasePosition, chain.BaseHash
	found := Verified{From: position + 1, Till: position}
	for {
		rows, err := gen.New().SystemChainedActions(ctx, conn, position, chainRows)
		if err != nil {
			return found, fmt.Errorf("verify the record: %w", err)
		}
		for _, row := range rows {
			e := EntryOf(row)
			if position++; e.Position != position {
				return found, &BrokenError{position, uuid.Nil, "a row was removed"}
			}
			if hash, err = e.hashAfter(hash); err != nil {
				return found, err
			}
			if !bytes.Equal(hash, row.Hash) {
				return found, &BrokenError{position, row.ActionID, "this row or the hash before it was changed"}
			}
			found.Entries, found.Till, found.Hash, found.LastAt = found.Entries+1, position, e.Hash, e.At
		}
		if len(rows) < chainRows {
			break
		}
	}
	if position != chain.HeadPosition || !bytes.Equal(hash, chain.HeadHash) {
		return found, &BrokenError{position + 1, uuid.Nil, fmt.Sprintf("the chain goes to position %d, and the rows from here on were removed or replaced", chain.HeadPosition)}
	}
	return found, nil
}

// Purge removes rows of days that are over for longer than the retention, the oldest first, at most
// 1,000 at once. The chain then begins after the last one. It returns how many rows it removed.
func Purge(ctx context.Context, pool *pgxpool.Pool, retention time.Duration) (n int64, err error) {
	err = db.InTx(ctx, pool, func(tx pgx.Tx) error {
		n, err = purgeBatch(ctx, tx, retention)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge the record: %w", err)
	}
	return n, nil
}

func purgeBatch(ctx context.Context, tx pgx.Tx, retention time.Duration) (int64, error) {
	q := gen.New()
	keptFrom, err := q.SystemRecordKept(ctx, tx, retention)
	if err != nil {
		return 0, err
	}
	chain, err := q.SystemLockRecordChain(ctx, tx)
	if err != nil {
		return 0, err
	}
	rows, err := q.SystemChainedActions(ctx, tx, chain.BasePosition, chainRows)
	if err != nil {
		return 0, err
	}
	position, hash := chain.BasePosition, chain.BaseHash
	for _, row := range rows {
		// What is not in its place stays, so that Verify goes on to show it.
		if !row.At.Before(keptFrom) || *row.Position != position+1 {
			break
		}
		position, hash = *row.Position, row.Hash
	}
	if position == chain.BasePosition {
		return 0, nil
	}
	if err := q.SystemAllowRecordPurge(ctx, tx); err != nil {
		return 0, err
	}
	n, err := q.SystemPurgeActions(ctx, tx, position)
	if err != nil {
		return 0, err
	}
	return n, q.SystemMoveRecordBase(ctx, tx, position, hash)
}
