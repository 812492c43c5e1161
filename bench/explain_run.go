package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"golang.org/x/sync/errgroup"
)

// explainInterval is the poll interval. It is twice the default, since explaining needs the
// processor.
const explainInterval = 10 * time.Minute

// tableUse is what the statistics say of a table.
type tableUse struct {
	name                                      string
	rows, size                                int64
	inserted, updated, hot, deleted, vacuumed int64
	dead                                      int64 // the most at any moment
}

// runExplained runs the service under load while the server logs the plan of each statement.
func (b *bench) runExplained(
	ctx context.Context, d *database, sim *process, c *tenantSet, lasts time.Duration,
) ([]tableUse, error) {
	name, err := queryValue[string](ctx, d, "SELECT current_database()")
	if err != nil {
		return nil, err
	}
	explained := fmt.Sprintf("ALTER DATABASE %s SET ", name)
	for _, statement := range []string{
		explained + "session_preload_libraries = 'auto_explain'",
		explained + "auto_explain.log_min_duration = 0",
		explained + "auto_explain.log_analyze = on",
		explained + "auto_explain.log_buffers = on",
		explained + "auto_explain.log_format = 'json'",
		explained + "auto_explain.log_nested_statements = on",
		"SELECT pg_stat_reset()",
	} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	defer func() { // a kept database is used again without these settings
		_, _ = d.pool.Exec(context.WithoutCancel(ctx), fmt.Sprintf("ALTER DATABASE %s RESET ALL", name))
	}()
	if err := setAutovacuum(ctx, d, true); err != nil {
		return nil, err
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	defer backend.Close()
	p, err := b.startWorker(ctx, d, "serve", append(simulatorEnv(sim), "POLL_INTERVAL="+explainInterval.String(), "SETTLE_DELAY=20s",
		"INTRVIO_EVENTS_URL="+backend.URL, "INTRVIO_EVENTS_SECRET=whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g=")...)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	b.logf("running for %s …", lasts)
	return b.useAll(ctx, d, p, c, lasts)
}

// useAll calls everything that the service offers, for a while, and returns what that did to the
// tables.
func (b *bench) useAll(
	ctx context.Context, d *database, p *process, c *tenantSet, lasts time.Duration,
) ([]tableUse, error) {
	callers, err := newCallers(ctx, d, p, c)
	if err != nil {
		return nil, err
	}
	var tables []tableUse
	group, groupCtx := errgroup.WithContext(ctx)
	groupCtx, cancel := context.WithTimeout(groupCtx, lasts)
	defer cancel()
	for i := range 3 {
		group.Go(func() error { callers.run(groupCtx, i); return nil })
	}
	group.Go(func() error {
		webhooks := load{
			exports: newExports(callers.active()), address: p.address, conns: 8, rate: 10, lasts: lasts - 10*time.Second,
		}
		_, err := webhooks.run(ctx)
		return err
	})
	group.Go(func() error {
		most := map[string]int64{}
		ticker := time.NewTicker(10 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-groupCtx.Done():
				return nil
			case <-ticker.C:
			}
			if _, err := p.scrape(groupCtx); err != nil && groupCtx.Err() == nil {
				b.logf("metrics: %v", err)
			}
			now, err := tablesNow(ctx, d)
			if err != nil {
				return err
			}
			for i, t := range now {
				most[t.name] = max(most[t.name], t.dead)
				now[i].dead = most[t.name]
			}
			tables = now
		}
	})
	err = group.Wait()
	b.logf("%d calls of the API; %s", callers.calls.Load(), callers.answers())
	return tables, err
}

func tablesNow(ctx context.Context, d *database) (tables []tableUse, err error) {
	rows, err := d.pool.Query(ctx, `
		SELECT s.relname, c.reltuples::bigint, pg_total_relation_size(s.relid),
			n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del, autovacuum_count, n_dead_tup
		FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
		WHERE s.schemaname = 'jazzhr' AND n_tup_ins + n_tup_upd + n_tup_del > 0
		ORDER BY s.relname`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t tableUse
		err := rows.Scan(&t.name, &t.rows, &t.size,
			&t.inserted, &t.updated, &t.hot, &t.deleted, &t.vacuumed, &t.dead)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, rows.Err()
}
