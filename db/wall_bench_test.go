package db_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/db/gen"
)

// BenchmarkWall measures what the wall costs a transaction of two queries and a single query, beside
// the same in the login role. Both are run in turns, so that what else the machine does hits both, and
// each on a connection of its own, as a query that changes its role is planned anew.
func BenchmarkWall(b *testing.B) {
	database := dbtest.New(b)
	tenant := uuid.New()
	err := db.InTenant(b.Context(), database.Pool, tenant, func(tx db.TenantTx) error { return insert(b.Context(), tx) })
	if err != nil {
		b.Fatal(err)
	}
	var pools [2]*pgxpool.Pool
	for i := range pools {
		if pools[i], err = db.Open(b.Context(), database.URL, "test", 1); err != nil {
			b.Fatal(err)
		}
		defer pools[i].Close()
	}
	change := func(tx pgx.Tx) error {
		if _, err := gen.New().TenantForChange(b.Context(), tx, tenant); err != nil {
			return err
		}
		return gen.New().MarkPolled(b.Context(), tx, tenant)
	}
	read := func(conn gen.DBTX) error {
		_, err := gen.New().Tenant(b.Context(), conn, tenant)
		return err
	}
	b.Run("transaction", func(b *testing.B) {
		inTurns(b, func() error { return db.InTx(b.Context(), pools[0], change) }, func() error {
			return db.InTenant(b.Context(), pools[1], tenant, func(tx db.TenantTx) error { return change(tx) })
		})
	})
	b.Run("single", func(b *testing.B) {
		inTurns(b, func() error { return read(pools[0]) }, func() error { return read(db.Of(pools[1], tenant)) })
	})
}

// inTurns reports the medians of both, and how much longer the second takes.
func inTurns(b *testing.B, first, second func() error) {
	b.Helper()
	var took [2][]time.Duration
	for b.Loop() {
		for i, run := range []func() error{first, second} {
			began := time.Now()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], time.Since(began))
		}
	}
	var median [2]float64
	for i := range took {
		slices.Sort(took[i])
		median[i] = took[i][len(took[i])/2].Seconds() * 1e6
	}
	b.ReportMetric(median[0], "µs-without")
	b.ReportMetric(median[1], "µs-walled")
	b.ReportMetric(100*(median[1]/median[0]-1), "%-more")
}
