package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// pgbench runs PostgreSQL's pgbench on a database, with the transaction of a script.
type pgbench struct {
	b      *bench
	d      *database
	script string
}

var perSecond = regexp.MustCompile(`tps = ([0-9.]+)`)

// run returns how many transactions a second the clients made, and how long each took, sorted.
func (p pgbench) run(ctx context.Context, clients int, lasts time.Duration) (tps float64, took []time.Duration, err error) {
	program := filepath.Join(p.b.bindir, "pgbench")
	if _, err := os.Stat(program); err != nil {
		return 0, nil, fmt.Errorf("%w: the baseline needs pgbench (in Debian's package postgresql)", err)
	}
	folder, err := os.MkdirTemp(p.b.folder, "pgbench-")
	if err != nil {
		return 0, nil, err
	}
	script := filepath.Join(folder, "script.sql")
	if err := os.WriteFile(script, []byte(p.script), 0o600); err != nil {
		return 0, nil, err
	}
	cmd := exec.CommandContext(ctx, program, "--no-vacuum", "--protocol=prepared", "--file="+script,
		"--client="+strconv.Itoa(clients), "--jobs="+strconv.Itoa(min(clients, 2)),
		"--time="+strconv.Itoa(int(lasts.Seconds())), "--log", "--log-prefix="+filepath.Join(folder, "log"), p.d.url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, nil, fmt.Errorf("pgbench: %w: %.500s", err, out)
	}
	found := perSecond.FindStringSubmatch(string(out))
	if found == nil {
		return 0, nil, fmt.Errorf("pgbench printed no figure: %.500s", out)
	}
	if tps, err = strconv.ParseFloat(found[1], 64); err != nil {
		return 0, nil, err
	}
	logs, err := filepath.Glob(filepath.Join(folder, "log*"))
	if err != nil {
		return 0, nil, err
	}
	for _, name := range logs {
		if took, err = readTimes(name, took); err != nil {
			return 0, nil, err
		}
	}
	return tps, sorted(took), nil
}

// readTimes appends the third column of pgbench's log, which is in microseconds.
func readTimes(name string, into []time.Duration) ([]time.Duration, error) {
	file, err := os.Open(name)
	if err != nil {
		return into, err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			continue
		}
		us, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return into, err
		}
		into = append(into, time.Duration(us)*time.Microsecond)
	}
	return into, lines.Err()
}

// acceptScript returns a script that commits the two rows of an accepted webhook: the same columns,
// bytes and indexes.
func acceptScript() string {
	return `\set tenant random(1, 1000)
BEGIN;
INSERT INTO jazzhr.webhooks (tenant_id, webhook_id, dedup_key, body_hash, body, headers, export_context, state, problem, admitted_at)
	VALUES ((SELECT tenant_id FROM jazzhr.bench_tenants WHERE n = :tenant), gen_random_uuid(), 'uuid:' || gen_random_uuid(), '\x` + strings.Repeat("ab", 32) + `',
	'` + strings.ReplaceAll(exportBody(), `\`, `\\`) + `', '{"User-Agent": "JazzHR", "X-JazzHR-UUID": "00000000-0000-0000-0000-000000000000", "X-JazzHR-Event": "CANDIDATE-EXPORT"}',
	'', 'pending', NULL, jazzhr.now()) ON CONFLICT ON CONSTRAINT webhooks_dedup_key DO NOTHING;
INSERT INTO jazzhr.river_job (args, kind, max_attempts, metadata, priority, queue, scheduled_at, state, tags, unique_key, unique_states)
	VALUES (json_build_object('tenant_id', gen_random_uuid(), 'webhook_id', gen_random_uuid())::jsonb, 'resolve_export', 25, '{}', 1, 'reads', now(), 'available', '{}',
	sha256(uuid_send(gen_random_uuid())), B'11110101');
END;
`
}
