package record_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
	"github.com/intrvio/jazzhr-worker/record"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add adds actions and chains them.
func add(t *testing.T, database *dbtest.Database, n int) {
	t.Helper()
	ctx := record.From(t.Context(), record.Origin{
		Kind: record.Person, Name: "ada", ID: "5e55", Address: netip.MustParseAddr("192.0.2.7"), RequestID: "r-1",
	})
	for range n {
		check(t, record.Add(ctx, database.Pool, record.Action{What: record.Paused, Detail: "why <not>"}))
	}
	_, err := record.Chain(ctx, database.Pool)
	check(t, err)
}

// tamper runs a statement as somebody who may switch the trigger off.
func tamper(t *testing.T, database *dbtest.Database, statements ...string) {
	t.Helper()
	check(t, db.InTx(t.Context(), database.Pool, func(tx pgx.Tx) error {
		for _, s := range append(append([]string{"ALTER TABLE jazzhr.actions DISABLE TRIGGER ALL"}, statements...),
			"ALTER TABLE jazzhr.actions ENABLE TRIGGER ALL") {
			if _, err := tx.Exec(t.Context(), s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}))
}

// TestVerify finds each way to change what was recorded.
func TestVerify(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statements []string
		position   int64
	}{
		"changed who":     {[]string{"UPDATE jazzhr.actions SET who = 'eve' WHERE position = 3"}, 3},
		"changed time":    {[]string{"UPDATE jazzhr.actions SET at = at + interval '1 microsecond' WHERE position = 2"}, 2},
		"changed address": {[]string{"UPDATE jazzhr.actions SET address = NULL WHERE position = 4"}, 4},
		"removed":         {[]string{"DELETE FROM jazzhr.actions WHERE position = 2"}, 2},
		"removed first":   {[]string{"DELETE FROM jazzhr.actions WHERE position = 1"}, 1},
		"removed last":    {[]string{"DELETE FROM jazzhr.actions WHERE position = 5"}, 5},
		"removed all":     {[]string{"DELETE FROM jazzhr.actions"}, 1},
		"swapped": {[]string{
			"UPDATE jazzhr.actions SET position = 100 WHERE position = 2", "UPDATE jazzhr.actions SET position = 2 WHERE position = 3",
			"UPDATE jazzhr.actions SET position = 3 WHERE position = 100",
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := dbtest.New(t)
			add(t, database, 5)
			found, err := record.Verify(t.Context(), database.Pool)
			if err != nil || found.Entries != 5 || found.Unchained != 0 {
				t.Fatalf("before: %+v, %v", found, err)
			}
			tamper(t, database, test.statements...)
			_, err = record.Verify(t.Context(), database.Pool)
			if broken, ok := errors.AsType[*record.BrokenError](err); !ok || broken.Position != test.position {
				t.Errorf("found %v, want position %d", err, test.position)
			}
		})
	}
}

// TestAppendOnly holds that a row is neither changed nor removed, chained or not.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	add(t, database, 2)
	check(t, record.Add(t.Context(), database.Pool, record.Action{Who: "bob", What: record.Resumed}))
	for _, statement := range []string{
		"UPDATE jazzhr.actions SET who = 'eve'", "DELETE FROM jazzhr.actions WHERE who = 'bob'", "DELETE FROM jazzhr.actions WHERE position = 1",
		"TRUNCATE jazzhr.actions", "UPDATE jazzhr.actions SET position = 9, hash = '', who = 'eve' WHERE position IS NULL",
		"UPDATE jazzhr.actions SET position = NULL, hash = NULL WHERE position = 1",
	} {
		if _, err := database.Pool.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "neither changed nor removed") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// A release that knows no more than these columns goes on.
	_, err := database.Pool.Exec(t.Context(), `INSERT INTO jazzhr.actions (action_id, who, what, result)
		VALUES ('01a207ae-7d72-7c8e-9de0-39a0657438a2', 'old', 'pause', 'done')`)
	check(t, err)
	add(t, database, 0)
	if found, err := record.Verify(t.Context(), database.Pool); err != nil || found.Entries != 4 {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestChainAtOnce has several processes add and chain at once.
func TestChainAtOnce(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 25 {
				err := db.InTx(t.Context(), database.Pool, func(tx pgx.Tx) error {
					return record.Add(t.Context(), tx, record.Action{Who: "ada", What: record.Paused})
				})
				_, chainErr := record.Chain(t.Context(), database.Pool)
				if err := errors.Join(err, chainErr); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if found, err := record.Verify(t.Context(), database.Pool); err != nil || found.Entries != 100 || found.Unchained != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestPurge removes whole days, and leaves the rest whole.
func TestPurge(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	add(t, database, 3)
	if n, err := record.Purge(t.Context(), database.Pool, 24*time.Hour); n != 0 || err != nil {
		t.Errorf("%d rows of today were purged, %v", n, err)
	}
	dbtest.OffsetClock(t, database, 48*time.Hour)
	add(t, database, 2)
	if n, err := record.Purge(t.Context(), database.Pool, 24*time.Hour); n != 3 || err != nil {
		t.Errorf("%d rows were purged, %v", n, err)
	}
	found, err := record.Verify(t.Context(), database.Pool)
	if err != nil || found.Entries != 2 || found.From != 4 {
		t.Errorf("after the purge: %+v, %v", found, err)
	}
	tamper(t, database, "DELETE FROM jazzhr.actions WHERE position = 4")
	if _, err := record.Verify(t.Context(), database.Pool); err == nil {
		t.Error("a row that was removed after the purge does not show")
	}
}

// gauge is a writer that knows the most that it was given at once.
type gauge struct {
	bytes.Buffer
	most int
}

func (g *gauge) Write(p []byte) (int, error) {
	g.most = max(g.most, len(p))
	return g.Buffer.Write(p)
}

// TestExport writes all entries in order, piece by piece, in both formats.
func TestExport(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	_, err := database.Pool.Exec(t.Context(), `INSERT INTO jazzhr.actions (action_id, who, what, result)
		SELECT gen_random_uuid(), '=ada' || n, 'pause', 'done' FROM generate_series(1, 2500) n`)
	check(t, err)
	add(t, database, 0)
	var lines, table gauge
	for format, w := range map[record.Format]*gauge{record.JSONLines: &lines, record.CSV: &table} {
		if n, err := record.Export(t.Context(), database.Pool, w, format, record.Filter{}); n != 2500 || err != nil {
			t.Fatalf("%s: %d entries, %v", format, n, err)
		}
		if w.most > 64<<10 {
			t.Errorf("%s: %d bytes were written at once", format, w.most)
		}
	}
	n := 0
	for line := range strings.Lines(lines.String()) {
		var e record.Entry
		check(t, json.Unmarshal([]byte(line), &e))
		if e.Hash == "" || e.Position == 0 || !strings.HasPrefix(e.Actor, "=ada") {
			t.Fatalf("entry %s", line)
		}
		n++
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != 2501 || n != 2500 || !strings.HasPrefix(rows[1][4], "'=ada") {
		t.Errorf("%d lines, %d rows, %v", n, len(rows), err)
	}
}

// TestCounter bounds what an attacker can write.
func TestCounter(t *testing.T) {
	t.Parallel()
	database := dbtest.New(t)
	counter := record.NewCounter(database.Pool, slog.New(slog.DiscardHandler))
	for i := range 500 {
		ctx := record.From(t.Context(), record.Origin{
			Kind: record.Stranger, Name: "unknown", Address: netip.AddrFrom4([4]byte{192, 0, byte(i / 250), byte(i % 250)}),
		})
		for range 2 {
			check(t, counter.Count(ctx, record.Action{What: record.SignedIn, Result: record.Refused}))
		}
	}
	check(t, counter.Flush(context.WithoutCancel(t.Context())))
	var rows, times int
	check(t, database.Pool.QueryRow(t.Context(), "SELECT count(*), sum(times) FROM jazzhr.actions").Scan(&rows, &times))
	if times != 1000 || rows > 50 {
		t.Errorf("%d tries left %d rows that count %d", 1000, rows, times)
	}
}
