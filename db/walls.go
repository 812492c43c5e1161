package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrRoles says that roles are missing which only a more powerful role can make or grant. Its text
// ends with what to run.
var ErrRoles = errors.New("the database lacks roles or grants that keep tenants apart, and this user may not make them: " +
	"have an administrator of the server run once")

// wallRoles returns the roles that migration 19 describes.
func wallRoles(owner string) (tenants, system string) { return owner + "_tenant", owner + "_system" }

// maxOwner is the longest name of an owner that leaves space for what wallRoles adds: Postgres cuts
// names after 63 bytes.
const maxOwner = 63 - len("_tenant")

// walls makes the roles and raises the walls.
type walls struct {
	conn  *pgx.Conn
	owner string // of the schema
}

func newWalls(ctx context.Context, conn *pgx.Conn) (w walls, err error) {
	w.conn = conn
	err = conn.QueryRow(ctx, "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1", Schema).Scan(&w.owner)
	if err != nil {
		return w, fmt.Errorf("find the schema's owner: %w", err)
	}
	if len(w.owner) > maxOwner {
		return w, fmt.Errorf("the schema's owner has a name of %d bytes: at most %d leave space for the roles named after it", len(w.owner), maxOwner)
	}
	return w, nil
}

// ensureRoles makes the two roles and their members, if they are missing. The members are the owner,
// and the roles by which a release before the walls may have been running.
func (w walls) ensureRoles(ctx context.Context) error {
	tenants, system := wallRoles(w.owner)
	members, err := w.services(ctx)
	if err != nil {
		return err
	}
	var needed []string
	for _, role := range []string{tenants, system} {
		missing, err := w.missing(ctx, role, append(members, w.owner))
		if err != nil {
			return err
		}
		needed = append(needed, missing...)
	}
	for _, statement := range needed {
		_, err := w.conn.Exec(ctx, statement)
		var refused *pgconn.PgError
		switch {
		case err == nil:
		case errors.As(err, &refused) && (refused.Code == pgerrcode.DuplicateObject || refused.Code == pgerrcode.UniqueViolation):
			// Another database of the server is migrated at this moment. Its lock is not ours.
		case errors.As(err, &refused) && refused.Code == pgerrcode.InsufficientPrivilege:
			return fmt.Errorf("%w: %s;", ErrRoles, strings.Join(needed, "; "))
		default:
			return fmt.Errorf("make roles: %w", err)
		}
	}
	return nil
}

// services returns the roles that may delete events, as long as there is no wall: only the service
// does that. When the walls are up, its role must see what it saw before.
func (w walls) services(ctx context.Context) ([]string, error) {
	tenants, system := wallRoles(w.owner)
	rows, err := w.conn.Query(ctx, `SELECT DISTINCT r.rolname::text
		FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
		WHERE c.oid = to_regclass('jazzhr.events') AND NOT c.relrowsecurity
			AND a.privilege_type = 'DELETE' AND a.grantee <> c.relowner AND r.rolname <> ALL($1)`, []string{tenants, system})
	if err != nil {
		return nil, fmt.Errorf("find the service's roles: %w", err)
	}
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find the service's roles: %w", err)
	}
	return roles, nil
}

// missing returns the statements that make a role and its members. From PostgreSQL 16 on, whoever
// makes a role is its administrator and no more, so that the maker needs the grant too.
func (w walls) missing(ctx context.Context, role string, members []string) (statements []string, err error) {
	quoted := pgx.Identifier{role}.Sanitize()
	var exists bool
	if err := w.conn.QueryRow(ctx, "SELECT to_regrole($1) IS NOT NULL", quoted).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for role %s: %w", role, err)
	}
	if !exists {
		statements = append(statements, "CREATE ROLE "+quoted)
	}
	for _, member := range slices.Compact(slices.Sorted(slices.Values(members))) {
		var granted bool
		err := w.conn.QueryRow(ctx, "SELECT rolsuper OR CASE WHEN $2 THEN pg_has_role(rolname, $3, 'USAGE') ELSE false END "+
			"FROM pg_roles WHERE rolname = $1", member, exists, role).Scan(&granted)
		if err != nil {
			return nil, fmt.Errorf("look for members of role %s: %w", role, err)
		}
		if !granted {
			statements = append(statements, "GRANT "+quoted+" TO "+pgx.Identifier{member}.Sanitize())
		}
	}
	return statements, nil
}

// raise raises the walls that are missing.
func (w walls) raise(ctx context.Context) error {
	if _, err := w.conn.Exec(ctx, "CALL jazzhr.raise_walls()"); err != nil {
		return fmt.Errorf("raise the walls between tenants: %w", err)
	}
	return nil
}

// check returns nil if all walls are up, and if this user sees all tenants and can work for one.
func (w walls) check(ctx context.Context) error {
	rows, err := w.conn.Query(ctx, "SELECT name FROM jazzhr.walls() WHERE NOT whole")
	if err != nil {
		return fmt.Errorf("look at the walls between tenants: %w", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look at the walls between tenants: %w", err)
	}
	if len(open) > 0 {
		return fmt.Errorf("%w (%s has no wall between tenants)", ErrSchemaOld, open[0])
	}
	tenants, system := wallRoles(w.owner)
	var user string
	var sees bool
	err = w.conn.QueryRow(ctx, "SELECT current_user, rolsuper OR rolbypassrls OR pg_has_role(oid, $1, 'USAGE') "+
		"FROM pg_roles WHERE rolname = current_user", system).Scan(&user, &sees)
	if err != nil {
		return fmt.Errorf("look at this user's roles: %w", err)
	}
	_, err = w.conn.Exec(ctx, "BEGIN; SET LOCAL ROLE "+pgx.Identifier{tenants}.Sanitize()+"; SELECT FROM jazzhr.tenants LIMIT 0")
	if _, endErr := w.conn.Exec(ctx, "ROLLBACK"); endErr != nil {
		return fmt.Errorf("look at this user's roles: %w", endErr)
	}
	if !sees || err != nil {
		return fmt.Errorf("%w: GRANT %s, %s TO %s;", ErrRoles, pgx.Identifier{tenants}.Sanitize(),
			pgx.Identifier{system}.Sanitize(), pgx.Identifier{user}.Sanitize())
	}
	return nil
}
