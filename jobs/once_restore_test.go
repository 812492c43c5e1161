package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

func backupOf(table string) string { return strings.Replace(table, "jazzhr.", "backup.", 1) }

// backUp keeps what the database holds at this moment.
func (tr *trial) backUp(ctx context.Context) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
	return pgx.BeginTxFunc(ctx, tr.db.Pool, options, func(tx pgx.Tx) error {
		tables, err := dbtest.Tables(ctx, tx)
		if err != nil {
			return err
		}
		statements := []string{"CREATE SCHEMA backup"}
		for _, table := range tables {
			statements = append(statements, fmt.Sprintf("CREATE TABLE %s AS TABLE %s", backupOf(table), table))
		}
		_, err = tx.Exec(ctx, strings.Join(statements, ";"))
		return err
	})
}

// restore does what an operator does who lost the database: ends the service, restores the backup,
// has the ledger distrusted, starts the service, and has everyone send again what was answered
// since the backup.
func (tr *trial) restore(ctx context.Context) error {
	for _, n := range tr.allNodes() {
		n.kill()
	}
	err := db.InTx(ctx, tr.db.Pool, func(tx pgx.Tx) error {
		tables, err := dbtest.Tables(ctx, tx)
		if err != nil {
			return err
		}
		statements := []string{"SET LOCAL session_replication_role = replica"} // foreign keys hold in the backup as a whole
		for _, table := range tables {
			statements = append(statements, "DELETE FROM "+table)
		}
		for _, table := range tables {
			statements = append(statements, fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", table, backupOf(table)))
		}
		_, err = tx.Exec(ctx, strings.Join(statements, ";"))
		return err
	})
	if err != nil {
		return err
	}
	if _, err := work.Distrust(ctx, tr.db.Pool); err != nil {
		return err
	}
	tr.restored = true
	tr.struck(restored, "")
	tr.startNode()
	tr.startNode()
	var all sync.WaitGroup
	for _, s := range tr.customers {
		for _, w := range s.wishes {
			all.Go(w.accept)
		}
		all.Go(s.exportAgain)
	}
	all.Wait()
	return nil
}

// loseDatabase backs up at one POST of the run and restores at a later one, or at the run's end if
// that comes first. It returns whether it did anything.
func (tr *trial) loseDatabase(ctx context.Context, atEnd bool) (bool, error) {
	if tr.plan[restored] == 0 || tr.restored || tr.calm.Load() {
		return false, nil
	}
	r := tr.lot("restore")
	first, later := 1+r.Int64N(6), 1+r.Int64N(8)
	switch posts := tr.posts.Load(); {
	case !tr.backedUp && (posts >= first || atEnd):
		if err := tr.backUp(ctx); err != nil {
			return false, err
		}
		tr.backedUp = true
		tr.log.Info("BACKUP", "posts", posts)
		return true, nil
	case tr.backedUp && (posts >= first+later || atEnd):
		return true, tr.restore(ctx)
	}
	return false, nil
}
