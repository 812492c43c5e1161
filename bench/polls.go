package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const (
	pollInterval = 5 * time.Minute
	pollsBegin   = 20 * time.Second // from the creation of the tenants, for the database to settle
	pollWarmUp   = 15 * time.Second
	pollLasts    = 45 * time.Second
)

// measurePolls has the service poll tenants every five minutes in whose accounts nothing is new. It
// measures what that costs with a thousand, ten thousand and a hundred thousand tenants, and how
// late the polls of the hundred thousand are.
func measurePolls(ctx context.Context, b *bench) error {
	sim, err := b.startSimulator(ctx, 0, 0)
	if err != nil {
		return err
	}
	defer sim.stop()
	model, err := b.pollModel(ctx, sim)
	if err != nil {
		return fmt.Errorf("the tenant that is copied: %w", err)
	}
	defer model.pool.Close()
	for _, tenants := range []int{1_000, 10_000, 100_000} {
		if err := b.polls(ctx, sim, model, tenants); err != nil {
			return fmt.Errorf("%d tenants: %w", tenants, err)
		}
	}
	return nil
}

// pollModel returns a database with one tenant, whose account the service has read from end to end.
func (b *bench) pollModel(ctx context.Context, sim *process) (*database, error) {
	d, err := b.database(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := b.createTenants(ctx, d, 1, quietKeyOf); err != nil {
		return nil, err
	}
	if err := schedulePolls(ctx, d, time.Now(), "1 second", "1 second"); err != nil {
		return nil, err
	}
	p, err := b.startWorker(ctx, d, "work", append(simulatorEnv(sim), "POLL_INTERVAL=1s")...)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	return d, waitUntil(ctx, time.Minute, func() (bool, error) {
		return queryValue[bool](ctx, d, `SELECT (
				SELECT count(*) FROM jazzhr.poll_cursors WHERE list = 'activities' AND passes >= 4 OR full_at IS NOT NULL
			) = 3
			AND EXISTS (SELECT FROM jazzhr.openings)
			AND NOT EXISTS (SELECT FROM jazzhr.river_job WHERE state = 'running' AND kind <> 'tick')`)
	})
}

func quietKeyOf(tenant int) string { return quietKey + strconv.Itoa(tenant) }

// schedulePolls spreads the next polls of all tenants over an interval from the given time on, and
// the next polls of their openings over another.
func schedulePolls(ctx context.Context, d *database, from time.Time, polls, openings string) error {
	_, err := d.pool.Exec(ctx, `UPDATE jazzhr.tenants SET next_poll_at = $1::timestamptz + random() * $2::text::interval,
		next_openings_at = $1::timestamptz + random() * $3::text::interval,
		next_full_at = now() + interval '1 year', next_audit_at = now() + interval '1 year'`, from, polls, openings)
	return err
}

// polls measures with one number of tenants.
func (b *bench) polls(ctx context.Context, sim *process, model *database, tenants int) error {
	d, err := b.database(ctx)
	if err != nil {
		return err
	}
	defer d.pool.Close()
	if _, err := b.createTenants(ctx, d, tenants, quietKeyOf); err != nil {
		return err
	}
	if err := copyPolled(ctx, model, d); err != nil {
		return err
	}
	begin := time.Now().Add(pollsBegin)
	if err := schedulePolls(ctx, d, begin, pollInterval.String(), "1 hour"); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	p, err := b.startWorker(ctx, d, "serve", append(simulatorEnv(sim), "POLL_INTERVAL="+pollInterval.String())...)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := sleep(ctx, time.Until(begin.Add(pollWarmUp))); err != nil {
		return err
	}
	if err := b.resetStatements(ctx, d); err != nil {
		return err
	}
	before := b.usage(p, sim)
	if err := sleep(ctx, pollLasts); err != nil {
		return err
	}
	service, server, simulator := b.usage(p, sim).cores(before)
	held := float64(memory(p.cmd.Process.Pid)) / (1 << 20)
	polled, late, err := lateness(ctx, d, before.at)
	if err != nil {
		return err
	}
	if err := b.logTopStatements(ctx, d); err != nil {
		return err
	}
	b.logf("%d tenants: %.0f polls/s of %.0f, lateness p99 %.2f s; "+
		"cores: service %.2f, PostgreSQL %.2f, simulator %.2f; %.0f MB",
		tenants, polled/pollLasts.Seconds(), float64(tenants)/pollInterval.Seconds(), late, service, server, simulator, held)
	name := fmt.Sprintf("%d tenants polled every five minutes: ", tenants)
	if tenants < 100_000 {
		b.results.report(name+"the service", "cores", service)
		b.results.report(name+"PostgreSQL", "cores", server)
		return nil
	}
	b.results.compare(name+"polls", "/s",
		polled/pollLasts.Seconds(), float64(tenants)/pollInterval.Seconds(), atLeast(0.98))
	b.results.check(name+"lateness, p99", "s", late, atMost(2))
	b.results.check(name+"the service", "cores", service, atMost(1))
	b.results.check(name+"the service", "MB", held, atMost(300))
	b.results.report(name+"PostgreSQL", "cores", server)
	b.results.report(name+"the simulator", "cores", simulator)
	return nil
}

// copiedTables returns the tables of which every tenant gets the model tenant's rows, or some of
// them. Of people these are the newest four: those within the window of a poll and some more. A
// poll looks up no others.
func copiedTables() []struct{ table, rows, changed string } {
	return []struct{ table, rows, changed string }{
		// Each list is read whole once an hour.
		{"poll_cursors", "SELECT * FROM jazzhr.poll_cursors", "'passed_at', now() - random() * interval '1 hour'"},
		{"openings", "SELECT * FROM jazzhr.openings", "'seen_at', now()"},
		{"links", "SELECT * FROM jazzhr.links ORDER BY linked_on DESC LIMIT 4", "'first_seen_at', now()"},
		{
			"applicants", `SELECT * FROM jazzhr.applicants
				WHERE applicant_id IN (SELECT applicant_id FROM jazzhr.links ORDER BY linked_on DESC LIMIT 4)`,
			"'created_at', now()",
		},
	}
}

// copyPolled gives every tenant the state that the model tenant's polls have left.
func copyPolled(ctx context.Context, model, d *database) error {
	for _, c := range copiedTables() {
		rows, err := queryValue[string](ctx, model, fmt.Sprintf("SELECT json_agg(to_jsonb(r))::text FROM (%s) r", c.rows))
		if err != nil {
			return err
		}
		insert := fmt.Sprintf(`INSERT INTO jazzhr.%[1]s SELECT copy.*
			FROM jazzhr.tenants t, jsonb_array_elements($1::text::jsonb) r, jsonb_populate_record(
				NULL::jazzhr.%[1]s, r || jsonb_build_object('tenant_id', t.tenant_id, %[2]s)) copy`, c.table, c.changed)
		if _, err := d.pool.Exec(ctx, insert, rows); err != nil {
			return fmt.Errorf("copy %s: %w", c.table, err)
		}
	}
	return nil
}

// lateness returns how many polls were started within pollLasts of since, and the 99th percentile
// of their lateness in seconds.
func lateness(ctx context.Context, d *database, since time.Time) (polls, p99 float64, err error) {
	err = d.pool.QueryRow(ctx, `SELECT count(*)::float8, coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY
			extract(epoch FROM j.attempted_at - (t.next_poll_at - $2::text::interval))), 0)::float8
		FROM jazzhr.river_job j JOIN jazzhr.tenants t ON t.tenant_id = (j.args ->> 'tenant_id')::uuid
		WHERE j.kind = 'poll_activities' AND j.attempted_at BETWEEN $1 AND $1 + $3::text::interval`,
		since, pollInterval.String(), pollLasts.String()).Scan(&polls, &p99)
	return polls, p99, err
}
