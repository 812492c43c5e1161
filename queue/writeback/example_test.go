package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// The backend ends an interview and enqueues its writeback in one transaction: either both happen
// or neither.
func ExampleEnqueue() {
	ctx := context.Background()
	pool, tenantID, cleanUp := exampleBackend() // the backend's own pool, and a tenant that is connected
	defer cleanUp()

	// Once per process. It needs no pool, since it only ever works in the caller's transactions.
	client, err := queue.NewInserter(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		return
	}

	endInterview := func(summary string) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO interviews_ended (summary) VALUES ($1)", summary); err != nil {
				return err
			}
			_, created, err := writeback.Enqueue(ctx, tx, client, tenantID, writeback.Writeback{
				InterviewID: "interview-4711",
				Candidate: writeback.Candidate{
					ID: "candidate-7", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
				},
				Job:  &writeback.Job{BoardCode: "tZqAHP6nnh"},
				Note: writeback.Note{Summary: summary},
			})
			if conflict, ok := errors.AsType[*queue.ConflictError](err); ok {
				// The transaction can be used on. What is right here is for the backend to say.
				fmt.Println("used for another writeback")
				_, err = tx.Exec(ctx, "UPDATE interviews_ended SET clashes_with = $1 WHERE summary = $2",
					conflict.ID, summary)
				return err
			}
			fmt.Println("created:", created)
			return err
		})
	}
	for _, summary := range []string{"Strong in analysis.", "Strong in analysis.", "Weak in analysis."} {
		if err := endInterview(summary); err != nil {
			fmt.Println(err)
			return
		}
	}
	var writebacks, ended, clashes int
	err = pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM jazzhr.writebacks), count(*), count(clashes_with)
		FROM interviews_ended`).Scan(&writebacks, &ended, &clashes)
	fmt.Println("writebacks:", writebacks, "interviews:", ended, "clashes:", clashes, err)

	// Output:
	// created: true
	// created: false
	// used for another writeback
	// writebacks: 1 interviews: 3 clashes: 1 <nil>
}

// exampleBackend returns a database with a table of the backend's and a tenant that is connected.
func exampleBackend() (pool *pgxpool.Pool, tenant uuid.UUID, cleanUp func()) {
	t := &exampleT{}
	f := queuetest.New(t)
	f.Exec(t, "CREATE TABLE interviews_ended (summary text, clashes_with uuid)")
	return f.Pool, f.Tenant(t), t.cleanUp
}

// exampleT lets an example, which has no test of its own, use a fixture. It panics where a test
// fails.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (*exampleT) Helper()                           {}
func (*exampleT) Failed() bool                      { return false }
func (*exampleT) Name() string                      { return "Example" }
func (*exampleT) Context() context.Context          { return context.Background() }
func (*exampleT) Error(args ...any)                 { panic(fmt.Sprint(args...)) }
func (*exampleT) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*exampleT) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (*exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *exampleT) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }

func (t *exampleT) cleanUp() {
	for _, cleanUp := range slices.Backward(t.cleanups) {
		cleanUp()
	}
}
