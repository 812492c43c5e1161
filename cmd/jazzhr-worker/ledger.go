package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/record"
)

type ledgerDistrustCommand struct{}

// Help is shown by --help.
func (ledgerDistrustCommand) Help() string {
	return `After the restore of a backup, or a failover that lost commits, JazzHR holds writes that the database has forgotten. Run this before the service starts on such a database: every write is then looked for in JazzHR before its first send, which costs calls, and event numbers jump ahead so that none is given out twice.

"ledger trust" ends it. Keep it on until everything that was enqueued before the loss, or enqueued again after it, has ended.

Needs DATABASE_URL.`
}

// Run distrusts the ledger.
func (ledgerDistrustCommand) Run(ctx context.Context, env *environment) error {
	return onDatabase(ctx, env, func(pool *pgxpool.Pool) error {
		since, err := work.Distrust(ctx, pool)
		if err != nil {
			return err
		}
		if err := record.Add(ctx, pool, record.Action{What: record.LedgerDistrusted}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.stdout, "The ledger is distrusted since %s: every write is looked for in JazzHR before its first send.\nEvent numbers went ahead by %d.\n",
			since.UTC().Format(time.RFC3339), work.SequenceJump)
		return err
	})
}

type ledgerTrustCommand struct{}

// Help is shown by --help.
func (ledgerTrustCommand) Help() string {
	return `Ends what "ledger distrust" began.

Needs DATABASE_URL.`
}

// Run trusts the ledger.
func (ledgerTrustCommand) Run(ctx context.Context, env *environment) error {
	return onDatabase(ctx, env, func(pool *pgxpool.Pool) error {
		was, err := work.Trust(ctx, pool)
		if err != nil {
			return err
		}
		if err := record.Add(ctx, pool, record.Action{What: record.LedgerTrusted}); err != nil {
			return err
		}
		text := "The ledger is trusted again."
		if !was {
			text = "The ledger was trusted already."
		}
		_, err = fmt.Fprintln(env.stdout, text)
		return err
	})
}

// onDatabase runs work on a database whose schema this release can work on.
func onDatabase(ctx context.Context, env *environment, work func(*pgxpool.Pool) error) error {
	config, err := loadConfig(env.vars, needDatabase)
	if err != nil {
		return err
	}
	if err := db.CheckSchema(ctx, config.DatabaseURL); err != nil {
		return err
	}
	pool, err := db.Open(ctx, config.DatabaseURL, "jazzhr-worker ledger", cliConnections)
	if err != nil {
		return err
	}
	defer pool.Close()
	return work(pool)
}
