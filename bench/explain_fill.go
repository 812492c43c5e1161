package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// Of the tenants every explainEach has an account of its own in the simulator, in which things happen; the others share a quiet one.
// Their API keys are those of accounts from 0 on.
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

// fillLarge fills the database, or finds it filled, and returns the tenants.
func (b *bench) fillLarge(ctx context.Context, d *database, sim *process, s size) (*customers, error) {
	filled, err := one[bool](ctx, d, "SELECT to_regclass('bench.filled') IS NOT NULL")
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
	c := &customers{}
	rows, err := d.pool.Query(ctx, "SELECT t.tenant_id, coalesce(j.webhook_token, '') FROM bench.tenants t JOIN jazzhr.tenants j USING (tenant_id) ORDER BY t.n")
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
	b.say("filling: %d tenants, %d effects …", s.tenants, s.effects)
	if err := setAutovacuum(ctx, d, false); err != nil {
		return err
	}
	if _, err := b.fill(ctx, d, s.tenants, explainKeyOf); err != nil {
		return err
	}
	for _, statement := range []string{
		fillFunctions,
		`UPDATE jazzhr.tenants j SET external_id = 'cus_' || t.n, key_state = CASE t.n % 100 WHEN 7 THEN 'rejected' ELSE 'ok' END,
			key_retry_at = CASE t.n % 100 WHEN 7 THEN now() + random() * interval '1 hour' END,
			paused_at = CASE t.n % 100 WHEN 8 THEN now() END, connection = CASE t.n % 100 WHEN 9 THEN 'awaiting_verify' ELSE 'verified' END
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
	if err := b.fillTables(ctx, d, s, rowsOfWritebacks()); err != nil {
		return err
	}
	_, err := d.pool.Exec(ctx, "CREATE TABLE bench.filled ()")
	return err
}

// fillPolled makes what a run goes by anew: what the polls of the last hour have left, and when what is due.
func (b *bench) fillPolled(ctx context.Context, d *database, sim *process, s size) error {
	if err := setAutovacuum(ctx, d, false); err != nil {
		return err
	}
	b.named++
	if _, err := d.pool.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS bench_%d WITH (FORCE)", b.named)); err != nil {
		return err
	}
	b.named--
	model, err := b.quietTenant(ctx, sim)
	if err != nil {
		return fmt.Errorf("the tenant that the others are copies of: %w", err)
	}
	defer model.pool.Close()
	for _, statement := range []string{
		"TRUNCATE jazzhr.poll_cursors, jazzhr.openings", // what the simulator shows differs from run to run
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
	if err := b.fillTables(ctx, d, s, []rowsOf{finishedJobs()}); err != nil {
		return err
	}
	if err := due(ctx, d, time.Now(), explainInterval.String(), "1 hour"); err != nil {
		return err
	}
	for _, statement := range []string{
		// Accounts in which things happen are read for the first time.
		fmt.Sprintf(`DELETE FROM jazzhr.poll_cursors c USING bench.tenants t WHERE t.tenant_id = c.tenant_id AND t.n %% %d = 0`, explainEach),
		fmt.Sprintf(`UPDATE jazzhr.tenants j SET next_audit_at = now() + random() * interval '3 minutes', next_full_at = now() + random() * interval '3 minutes',
			next_poll_at = now() + random() * interval '1 minute', next_openings_at = now() + random() * interval '1 minute'
			FROM bench.tenants t WHERE t.tenant_id = j.tenant_id AND t.n %% %d = 0`, explainEach),
		"UPDATE jazzhr.tenants SET key_retry_at = now() + random() * interval '1 hour' WHERE key_state = 'rejected'",
	} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	b.say("VACUUM …")
	// They were written several times over, and would have more room on their pages than they ever have.
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

// fillTables fills tables that are empty, or to be emptied, without indexes, and then builds these: a fifth of the time.
func (b *bench) fillTables(ctx context.Context, d *database, s size, tables []rowsOf) error {
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
					"SET LOCAL session_replication_role = replica", // no foreign key is checked row by row
					"TRUNCATE jazzhr." + table.table,
					s.sql("INSERT INTO jazzhr." + table.table + " " + table.rows),
				} {
					if _, err := tx.Exec(groupCtx, statement); err != nil {
						return fmt.Errorf("%s: %.60s: %w", table.table, statement, err)
					}
				}
				return nil
			})
			b.say("%s: %s", table.table, time.Since(began).Round(time.Second))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, stage := range restore { // constraints before what refers to them
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
		b.say("%d indexes and constraints: %s", len(stage), time.Since(began).Round(time.Second))
	}
	return nil
}

// indexStatements drop the tables' indexes and keys, and build them again as they were. Sequences are left alone.
func indexStatements(ctx context.Context, d *database, tables []string) (drop []string, restore [2][]string, err error) {
	rows, err := d.pool.Query(ctx, `
		SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE connamespace = 'jazzhr'::regnamespace AND (contype IN ('p', 'u') AND conrelid = ANY (SELECT ('jazzhr.' || t)::regclass FROM unnest($1::text[]) t)
			OR contype = 'f' AND confrelid = ANY (SELECT ('jazzhr.' || t)::regclass FROM unnest($1::text[]) t))
		UNION ALL
		SELECT indrelid::regclass::text, indexrelid::regclass::text, 'i', pg_get_indexdef(indexrelid) FROM pg_index
		WHERE indrelid = ANY (SELECT ('jazzhr.' || t)::regclass FROM unnest($1::text[]) t)
			AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
		ORDER BY 3`, tables) // a foreign key goes before the key that it refers to
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
			restore[stage] = append(restore[stage], fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", table, name, definition))
		}
		return nil
	})
	return drop, restore, err
}
