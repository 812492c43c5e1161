package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// Every explainEach-th tenant has an account of its own in the simulator, in which things happen.
// There are at most explainAccounts of these accounts. All other tenants share a quiet one.
const (
	explainEach     = 250
	explainAccounts = 500
)

func explainKeyOf(tenant int) string {
	if tenant%explainEach == 0 && tenant/explainEach < explainAccounts {
		return keyOf(tenant / explainEach)
	}
	return quietKeyOf(tenant)
}

// fillLarge fills the database unless that was done before, and returns the tenants.
func (b *bench) fillLarge(ctx context.Context, d *database, sim *process, s size) (*tenantSet, error) {
	filled, err := queryValue[bool](ctx, d, "SELECT to_regclass('bench.filled') IS NOT NULL")
	if err != nil {
		return nil, err
	}
	if !filled {
		if err := b.fillOnce(ctx, d, s); err != nil {
			return nil, err
		}
	}
	if err := b.fillPolled(ctx, d, sim, s); err != nil {
		return nil, err
	}
	c := &tenantSet{}
	rows, err := d.pool.Query(ctx, `SELECT t.tenant_id, coalesce(j.webhook_token, '')
		FROM bench.tenants t JOIN jazzhr.tenants j USING (tenant_id) ORDER BY t.n`)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	var token string
	_, err = pgx.ForEachRow(rows, []any{&id, &token}, func() error {
		c.ids, c.tokens = append(c.ids, id), append(c.tokens, token)
		return nil
	})
	return c, err
}

func (b *bench) fillOnce(ctx context.Context, d *database, s size) error {
	b.logf("filling: %d tenants, %d effects …", s.tenants, s.effects)
	if err := setAutovacuum(ctx, d, false); err != nil {
		return err
	}
	if _, err := b.createTenants(ctx, d, s.tenants, explainKeyOf); err != nil {
		return err
	}
	for _, statement := range []string{
		fillFunctions,
		`UPDATE jazzhr.tenants j SET external_id = 'cus_' || t.n,
			key_state = CASE t.n % 100 WHEN 7 THEN 'rejected' ELSE 'ok' END,
			key_retry_at = CASE t.n % 100 WHEN 7 THEN now() + random() * interval '1 hour' END,
			paused_at = CASE t.n % 100 WHEN 8 THEN now() END,
			connection = CASE t.n % 100 WHEN 9 THEN 'awaiting_verify' ELSE 'verified' END
			FROM bench.tenants t WHERE t.tenant_id = j.tenant_id`,
		`UPDATE jazzhr.event_counters SET last_sequence = {events}`,
	} {
		if _, err := d.pool.Exec(ctx, s.sql(statement)); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	if err := b.fillTables(ctx, d, s, firstRows()); err != nil {
		return err
	}
	if err := b.fillTables(ctx, d, s, writebackRows()); err != nil {
		return err
	}
	_, err := d.pool.Exec(ctx, "CREATE TABLE bench.filled ()")
	return err
}

// fillPolled renews what depends on the time of a run: the state that the polls of the last hour
// left, and the times at which tenants are due.
func (b *bench) fillPolled(ctx context.Context, d *database, sim *process, s size) error {
	if err := setAutovacuum(ctx, d, false); err != nil {
		return err
	}
	b.databases++
	if _, err := d.pool.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS bench_%d WITH (FORCE)", b.databases)); err != nil {
		return err
	}
	b.databases--
	model, err := b.pollModel(ctx, sim)
	if err != nil {
		return fmt.Errorf("the tenant that is copied: %w", err)
	}
	defer model.pool.Close()
	for _, statement := range []string{
		"TRUNCATE jazzhr.poll_cursors, jazzhr.openings", // the simulator's data differ from run to run
		"DELETE FROM jazzhr.links WHERE link_id NOT LIKE 'link\\_%'",
		"DELETE FROM jazzhr.applicants WHERE applicant_id LIKE 'prospect\\_20%\\_%'",
	} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := copyPolled(ctx, model, d); err != nil {
		return err
	}
	if err := b.fillTables(ctx, d, s, []tableRows{finishedJobs()}); err != nil {
		return err
	}
	if err := schedulePolls(ctx, d, time.Now(), explainInterval.String(), "1 hour"); err != nil {
		return err
	}
	for _, statement := range []string{
		// The accounts in which things happen are read for the first time.
		fmt.Sprintf(`DELETE FROM jazzhr.poll_cursors c USING bench.tenants t
			WHERE t.tenant_id = c.tenant_id AND t.n %% %d = 0`, explainEach),
		fmt.Sprintf(`UPDATE jazzhr.tenants j SET
			next_audit_at = now() + random() * interval '3 minutes', next_full_at = now() + random() * interval '3 minutes',
			next_poll_at = now() + random() * interval '1 minute', next_openings_at = now() + random() * interval '1 minute'
			FROM bench.tenants t WHERE t.tenant_id = j.tenant_id AND t.n %% %d = 0`, explainEach),
		"UPDATE jazzhr.tenants SET key_retry_at = now() + random() * interval '1 hour' WHERE key_state = 'rejected'",
	} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	b.logf("VACUUM …")
	// The fill has updated each row several times. Without this, pages would have more free space
	// than in production.
	if _, err := d.pool.Exec(ctx, "VACUUM FULL jazzhr.tenants, jazzhr.call_buckets, jazzhr.event_counters"); err != nil {
		return err
	}
	return d.settle(ctx)
}

func setAutovacuum(ctx context.Context, d *database, on bool) error {
	value := map[bool]string{true: "on", false: "off"}[on]
	for _, statement := range []string{"ALTER SYSTEM SET autovacuum = " + value, "SELECT pg_reload_conf()"} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// fillTables empties the tables and fills them without indexes, then builds the indexes. This takes
// a fifth of the time of a fill with indexes.
func (b *bench) fillTables(ctx context.Context, d *database, s size, tables []tableRows) error {
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = table.table
	}
	drop, restore, err := indexStatements(ctx, d, names)
	if err != nil {
		return err
	}
	for _, statement := range drop {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(3)
	for _, table := range tables {
		group.Go(func() error {
			began := time.Now()
			err := pgx.BeginFunc(groupCtx, d.pool, func(tx pgx.Tx) error {
				for _, statement := range []string{
					"SET LOCAL session_replication_role = replica", // foreign keys are not checked
					"TRUNCATE jazzhr." + table.table,
					s.sql("INSERT INTO jazzhr." + table.table + " " + table.rows),
				} {
					if _, err := tx.Exec(groupCtx, statement); err != nil {
						return fmt.Errorf("%s: %.60s: %w", table.table, statement, err)
					}
				}
				return nil
			})
			b.logf("%s: %s", table.table, time.Since(began).Round(time.Second))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, stage := range restore { // primary keys before the foreign keys to them
		began := time.Now()
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(3)
		for _, statement := range stage {
			group.Go(func() error {
				_, err := d.pool.Exec(groupCtx, statement)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return fmt.Errorf("build indexes: %w", err)
		}
		b.logf("%d indexes and constraints: %s", len(stage), time.Since(began).Round(time.Second))
	}
	return nil
}

// indexStatements returns statements that drop the tables' indexes and keys, and statements that
// build them again as they were.
func indexStatements(
	ctx context.Context, d *database, tables []string,
) (drop []string, restore [2][]string, err error) {
	rows, err := d.pool.Query(ctx, `
		SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE connamespace = 'jazzhr'::regnamespace AND (
			contype IN ('p', 'u') AND conrelid = ANY (SELECT ('jazzhr.' || t)::regclass FROM unnest($1::text[]) t)
			OR contype = 'f' AND confrelid = ANY (SELECT ('jazzhr.' || t)::regclass FROM unnest($1::text[]) t))
		UNION ALL
		SELECT indrelid::regclass::text, indexrelid::regclass::text, 'i', pg_get_indexdef(indexrelid) FROM pg_index
		WHERE indrelid = ANY (SELECT ('jazzhr.' || t)::regclass FROM unnest($1::text[]) t)
			AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
		ORDER BY 3`, tables) // a foreign key is dropped before the key that it refers to
	if err != nil {
		return nil, restore, err
	}
	var table, name, kind, definition string
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &kind, &definition}, func() error {
		switch kind {
		case "i":
			drop, restore[0] = append(drop, "DROP INDEX "+name), append(restore[0], definition)
		default:
			stage := 0
			if kind == "f" {
				stage, definition = 1, definition+" NOT VALID"
			}
			drop = append(drop, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, name))
			add := fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, definition)
			restore[stage] = append(restore[stage], add)
		}
		return nil
	})
	return drop, restore, err
}
