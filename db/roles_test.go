package db_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

// deployment is a database without the schema, and roles of the test's own.
type deployment struct {
	*dbtest.Database
	t              *testing.T
	owner, service string
}

// deploy makes a deployment's roles, the owner with the given attributes. None of them is a superuser.
func deploy(t *testing.T, attributes string) deployment {
	t.Helper()
	d := deployment{Database: empty(t), t: t, owner: "own_" + strings.ReplaceAll(uuid.NewString(), "-", "")}
	d.service = d.owner + "_service"
	t.Cleanup(func() { // before the database is dropped
		for _, role := range []string{d.service, d.owner, d.owner + "_tenant", d.owner + "_system"} {
			_, err := d.Pool.Exec(context.Background(), `DO $$ BEGIN
				IF to_regrole('`+role+`') IS NOT NULL THEN DROP OWNED BY `+role+` CASCADE; DROP ROLE `+role+`; END IF; END $$`)
			if err != nil {
				t.Error(err)
			}
		}
	})
	d.exec("CREATE ROLE " + d.owner + " LOGIN PASSWORD 'pass' " + attributes)
	d.exec("CREATE ROLE " + d.service + " LOGIN PASSWORD 'pass'")
	d.exec("DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO " + d.owner + "', current_database()); END $$")
	return d
}

// exec runs statements as the administrator of the server.
func (d deployment) exec(statements string) {
	d.t.Helper()
	if _, err := d.Pool.Exec(d.t.Context(), statements); err != nil {
		d.t.Fatal(err)
	}
}

// url is the database's for a role.
func (d deployment) url(role string) string {
	d.t.Helper()
	u, err := url.Parse(d.URL)
	if err != nil {
		d.t.Fatal(err)
	}
	u.User = url.UserPassword(role, "pass")
	return u.String()
}

func (d deployment) migrate() error {
	_, err := db.Migrate(d.t.Context(), d.url(d.owner))
	return err
}

// works checks that a role can run the service: it sees all tenants, works for one, and sees no other
// one meanwhile.
func (d deployment) works(role string) {
	d.t.Helper()
	ctx := d.t.Context()
	if err := db.CheckSchema(ctx, d.url(role)); err != nil {
		d.t.Errorf("%s: %v", role, err)
		return
	}
	pool, err := db.Open(ctx, d.url(role), "test", 2)
	if err != nil {
		d.t.Fatal(err)
	}
	defer pool.Close()
	one, other := uuid.New(), uuid.New()
	for _, tenant := range []uuid.UUID{one, other} {
		if err := db.InTenant(ctx, pool, tenant, func(tx db.TenantTx) error { return insert(ctx, tx) }); err != nil {
			d.t.Errorf("%s adds a tenant: %v", role, err)
		}
		_, err := db.Of(pool, tenant).Exec(ctx, "INSERT INTO jazzhr.stages (tenant_id, stage) VALUES ($1, 'Hired')", tenant)
		if err != nil { // the foreign key is checked too
			d.t.Errorf("%s adds a stage: %v", role, err)
		}
	}
	if n := seen(d.t, pool, one, other); n != 2 {
		d.t.Errorf("%s sees %d of two tenants", role, n)
	}
	err = db.InTenant(ctx, pool, one, func(tx db.TenantTx) error {
		if n := seen(d.t, tx, one, other); n != 1 {
			d.t.Errorf("%s sees %d tenants while it works for one", role, n)
		}
		return nil
	})
	if err != nil {
		d.t.Error(err)
	}
}

// granted returns statements of docs/operations.md, with this deployment's roles.
func (d deployment) granted(after string) string {
	d.t.Helper()
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		d.t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), after)
	_, block, _ = strings.Cut(block, "```sql\n")
	block, _, found := strings.Cut(block, "```")
	if !found || !strings.Contains(block, "GRANT") {
		d.t.Fatalf("docs/operations.md grants nothing after %q", after)
	}
	block = strings.NewReplacer("jazzhr_service", d.service, "jazzhr_tenant", d.owner+"_tenant", "jazzhr_system", d.owner+"_system", "…", "pass").Replace(block)
	return strings.ReplaceAll(block, "CREATE ROLE "+d.service, "ALTER ROLE "+d.service)
}

// TestOwnerMakesRoles checks the simplest set-up: one role for all, which may make roles. Row security
// holds it although it owns the tables.
func TestOwnerMakesRoles(t *testing.T) {
	t.Parallel()
	d := deploy(t, "CREATEROLE")
	for range 2 {
		if err := d.migrate(); err != nil {
			t.Fatal(err)
		}
	}
	d.works(d.owner)
}

// TestAdministratorMakesRoles checks that `migrate up` says what an administrator has to run, and that
// this suffices. It changes nothing before.
func TestAdministratorMakesRoles(t *testing.T) {
	t.Parallel()
	d := deploy(t, "")
	err := d.migrate()
	if !errors.Is(err, db.ErrRoles) {
		t.Fatalf("error %v", err)
	}
	if tables := all(t, d.Database, "SELECT relname::text FROM pg_class WHERE relnamespace = 'jazzhr'::regnamespace"); len(tables) > 0 {
		t.Errorf("it made %q before it failed", tables)
	}
	_, statements, _ := strings.Cut(err.Error(), "once: ")
	d.exec(statements)
	if err := d.migrate(); err != nil {
		t.Fatal(err)
	}
	d.works(d.owner)
}

// TestServiceRole checks the second set-up: the service has a role of its own.
func TestServiceRole(t *testing.T) {
	t.Parallel()
	d := deploy(t, "CREATEROLE")
	if err := d.migrate(); err != nil {
		t.Fatal(err)
	}
	d.exec("GRANT USAGE ON SCHEMA jazzhr TO " + d.service)
	d.exec("GRANT SELECT ON ALL TABLES IN SCHEMA jazzhr TO " + d.service)
	err := db.CheckSchema(t.Context(), d.url(d.service))
	if !errors.Is(err, db.ErrRoles) {
		t.Errorf("without its grants: %v", err)
	}
	d.exec(d.granted("**A second role**"))
	d.works(d.service)
}

// TestServiceRoleBeforeTheWalls checks that a service which had its grants before there were walls sees
// on what it saw, so that the release before can run on.
func TestServiceRoleBeforeTheWalls(t *testing.T) {
	t.Parallel()
	d := deploy(t, "CREATEROLE")
	if err := d.migrate(); err != nil {
		t.Fatal(err)
	}
	goose, ctx := provider(t, d.Database), t.Context()
	if _, err := goose.DownTo(ctx, 18); err != nil {
		t.Fatal(err)
	}
	d.exec("REVOKE " + d.owner + "_system, " + d.owner + "_tenant FROM " + d.owner)
	d.exec("GRANT USAGE ON SCHEMA jazzhr TO " + d.service)
	d.exec("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jazzhr TO " + d.service)
	d.exec("GRANT USAGE ON ALL SEQUENCES IN SCHEMA jazzhr TO " + d.service)
	if err := d.migrate(); err != nil {
		t.Fatal(err)
	}
	d.works(d.service)
	d.works(d.owner)
}

// TestOtherDeployments checks that the roles of one deployment open nothing in the database of another
// on the same server.
func TestOtherDeployments(t *testing.T) {
	t.Parallel()
	mine, others := deploy(t, "CREATEROLE"), deploy(t, "CREATEROLE")
	for _, d := range []deployment{mine, others} {
		if err := d.migrate(); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := pgxpool.New(t.Context(), others.url(mine.owner))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	err = db.InTenant(t.Context(), pool, uuid.New(), func(db.TenantTx) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v", err)
	}
}

// TestLongOwner checks that an owner whose name leaves no space for those of the roles is refused.
func TestLongOwner(t *testing.T) {
	t.Parallel()
	d := deploy(t, "CREATEROLE")
	long := d.owner + strings.Repeat("x", 57-len(d.owner))
	d.exec("CREATE SCHEMA jazzhr; CREATE ROLE " + long + "; ALTER SCHEMA jazzhr OWNER TO " + long)
	defer d.exec("DROP OWNED BY " + long + "; DROP ROLE " + long)
	if _, err := db.Migrate(t.Context(), d.URL); err == nil || !strings.Contains(err.Error(), "at most 56") {
		t.Errorf("error %v", err)
	}
}
