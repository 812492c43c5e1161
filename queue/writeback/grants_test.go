package writeback_test

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// TestFinding18DocumentedRole enqueues as a role that has what docs/operations.md grants the backend's,
// and no more.
func TestFinding18DocumentedRole(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	docs, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(docs), "**The backend's own role**")
	_, block, _ = strings.Cut(block, "```sql\n")
	grants, _, _ := strings.Cut(block, "```")
	if !strings.Contains(grants, "TO backend") {
		t.Fatalf("docs/operations.md grants nothing: %s", grants)
	}
	role := "backend_of_" + f.Row(t, f.Tenant(t)).TenantID.String()
	quoted := pgx.Identifier{role}.Sanitize()
	f.Exec(t, "CREATE ROLE "+quoted)
	defer func() {
		f.Exec(t, "DROP OWNED BY "+quoted)
		f.Exec(t, "DROP ROLE "+quoted)
	}()
	f.Exec(t, strings.ReplaceAll(grants, "TO backend;", "TO "+quoted+";"))
	id := f.Tenant(t)
	for _, interview := range []string{"i-1", "i-2", "i-1"} {
		err := pgx.BeginFunc(t.Context(), f.Pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+quoted); err != nil {
				return err
			}
			defer asBefore(t, tx, role)
			_, _, err := writeback.Enqueue(t.Context(), tx, f.Client, id, writeback.Writeback{
				InterviewID: interview, Candidate: writeback.Candidate{ID: "c", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
				Job: &writeback.Job{ID: "job_1"}, Note: writeback.Note{Summary: "Fine."},
			})
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", interview, err)
		}
	}
	if n := queuetest.One[int](t, f, "SELECT count(*) FROM jazzhr.writebacks WHERE tenant_id = $1 AND step = $2", id, queue.StepCreateApplicant); n != 2 {
		t.Errorf("%d writebacks are enqueued", n)
	}
}

// asBefore checks that a transaction of the backend's is in its own role, and that no tenant is set in
// it, so that it sees none.
func asBefore(t *testing.T, tx pgx.Tx, role string) {
	t.Helper()
	var now, tenant string
	var seen int
	err := tx.QueryRow(t.Context(), `SELECT current_user, coalesce(current_setting('jazzhr.tenant_id', true), ''),
		(SELECT count(*) FROM jazzhr.tenants)`).Scan(&now, &tenant, &seen)
	if err != nil || now != role || tenant != "" || seen != 0 {
		t.Errorf("the transaction goes on as %s for tenant %q and sees %d tenants, error %v", now, tenant, seen, err)
	}
}
