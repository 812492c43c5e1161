package main

// tableRows says how to fill a table: columns and the query that makes the rows.
type tableRows struct{ table, rows string }

// fillFunctions creates the functions that make the rows' values. pick spreads half of the rows
// evenly over the tenants and gives the other half to few of them: of ten million rows, the largest
// tenant has a quarter of a million. id returns IDs that begin with their time, as the service's
// do.
const fillFunctions = `
	CREATE SCHEMA IF NOT EXISTS bench;
	DROP TABLE IF EXISTS bench.tenants;
	CREATE UNLOGGED TABLE bench.tenants AS SELECT row_number() OVER (ORDER BY tenant_id) - 1 AS n, tenant_id FROM jazzhr.tenants;
	ALTER TABLE bench.tenants ADD PRIMARY KEY (n);
	ANALYZE bench.tenants;
	CREATE OR REPLACE FUNCTION bench.pick(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN CASE WHEN n % 2 = 0 THEN n / 2 % {tenants}
		ELSE floor({tenants} * power((hashint8(n) & 2147483647) / 2147483648.0::float8, 4))::bigint END;
	CREATE OR REPLACE FUNCTION bench.at(n bigint, last bigint, days integer) RETURNS timestamptz LANGUAGE sql STABLE
		RETURN now() - (last - n)::float8 / last * days * interval '1 day';
	CREATE OR REPLACE FUNCTION bench.id(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
		RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 14) || '0')::uuid`

// firstRows returns the rows that depend only on the tenants.
func firstRows() []tableRows { return append(workRows(), accountRows()...) }

// workRows returns the rows of work. Most of it is done; the rest waits until tomorrow, so that the
// service does not work it off at once.
func workRows() []tableRows {
	return []tableRows{
		{"writebacks", `(tenant_id, writeback_id, interview_id, revision, content_hash, request_id, candidate_id, applicant_id, applicant_given,
				first_name, last_name, email, job_id, note, transcript, state, step, begun, created_at, done_at, next_attempt_at, waiting_for)
			SELECT t.tenant_id, bench.id(w.at, w.n), 'interview-' || w.n, 1, decode(md5(w.n::text), 'hex'),
				CASE WHEN w.n <= {events} THEN bench.id(bench.at(w.n, {events}, 120), w.n) END, 'candidate-' || w.n, 'prospect_' || w.n, false,
				'Grace', 'Hopper ' || w.n, w.n || '@example.com', 'job_' || w.n % 5, '{"score": 7.1, "scale": 10, "summary": "Did well, and asked good questions.", "url": "https://intrvio.example/i/1"}',
				CASE WHEN w.at > now() - interval '30 days 1 hour' THEN repeat(md5(w.n::text), 20) END, w.state,
				'write_notes', true, w.at, CASE WHEN w.state <> 'pending' THEN w.at + interval '30 seconds' END,
				CASE WHEN w.state = 'pending' THEN now() + interval '1 day' ELSE w.at END, CASE WHEN w.state = 'pending' THEN 'settling' END
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {writebacks}, 120) AS at, CASE WHEN n > {writebacks} - {waiting} THEN 'pending'
				WHEN n % 1650 = 0 THEN 'attention' WHEN n % 50 = 1 THEN 'rejected' ELSE 'done' END AS state FROM generate_series(1, {writebacks}) n) w
			JOIN bench.tenants t ON t.n = w.tenant`},
		{"webhooks", `(tenant_id, webhook_id, dedup_key, body_hash, body, headers, export_context, state, problem, received_at, done_at, next_attempt_at, waiting_for)
			SELECT t.tenant_id, bench.id(w.at, w.n), 'uuid:' || md5(w.n::text), decode(md5(w.n::text), 'hex'),
				CASE WHEN w.at > now() - interval '30 days 1 hour' THEN convert_to(repeat(md5(w.n::text), 40), 'UTF8') END,
				'{"X-JazzHR-Event": "CANDIDATE-EXPORT"}', 'profile', w.state, CASE WHEN w.state = 'attention' THEN 'conflict' END, w.at,
				CASE WHEN w.state <> 'pending' THEN w.at + interval '2 seconds' END,
				CASE WHEN w.state = 'pending' THEN now() + interval '1 day' ELSE w.at END, CASE WHEN w.state = 'pending' THEN 'retry' END
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {webhooks}, 120) AS at, CASE WHEN n > {webhooks} - {waiting} / 3 THEN 'pending'
				WHEN n % 1000 = 0 THEN 'attention' ELSE 'done' END AS state FROM generate_series(1, {webhooks}) n) w
			JOIN bench.tenants t ON t.n = w.tenant`},
		{"events", `(tenant_id, sequence, event_id, type, data, created_at, state, deliver_until, delivered_at, next_attempt_at, attempts)
			SELECT t.tenant_id, e.n, bench.id(e.at, e.n), 'candidate.applied', jsonb_build_object('applicant_id', 'prospect_' || e.n, 'job_id', 'job_1',
					'email', e.n || '@example.com', 'first_name', 'Grace', 'last_name', 'Hopper', 'applied_on', '2026-01-01'),
				e.at, e.state, e.at + interval '5 days', CASE WHEN e.state = 'delivered' THEN e.at + interval '1 second' END,
				CASE WHEN e.state = 'pending' THEN now() + interval '1 day' ELSE e.at END, 1
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {events}, 30) - interval '10 minutes' AS at, CASE WHEN n > {events} - {waiting} THEN 'pending'
				WHEN n % 1000 = 0 THEN 'failed' ELSE 'delivered' END AS state FROM generate_series(1, {events}) n) e
			JOIN bench.tenants t ON t.n = e.tenant`},
		{"interview_requests", `(tenant_id, request_id, trigger, person_id, applicant_id, job_id, job_key, email, first_name, last_name, created_at, webhook_seen_at)
			SELECT t.tenant_id, bench.id(r.at, r.n), 'export', 'person_' || r.n, 'prospect_' || r.n, 'job_' || r.n % 5, 'job_' || r.n % 5, r.n || '@example.com',
				'Grace', 'Hopper', r.at, r.at
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {events}, 120) AS at FROM generate_series(1, {events}) n) r
			JOIN bench.tenants t ON t.n = r.tenant`},
		{"stage_entries", `(tenant_id, activity_id, applicant_id, stage, job_title, state, outcome, first_seen_at, done_at, case_id, next_attempt_at, waiting_for)
			SELECT t.tenant_id, 'activity_' || s.n, 'prospect_' || s.n, 'Interview', 'Engineer', s.state,
				CASE s.state WHEN 'done' THEN 'requested' WHEN 'attention' THEN 'keeps_failing' END, s.at,
				CASE WHEN s.state <> 'pending' THEN s.at END, CASE WHEN s.state = 'attention' THEN bench.id(s.at, s.n) END, CASE WHEN s.state = 'pending' THEN now() + interval '1 day' ELSE s.at END,
				CASE WHEN s.state = 'pending' THEN 'retry' END
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {entries}, 120) AS at, CASE WHEN n > {entries} - {waiting} / 3 THEN 'pending'
				WHEN n % 1000 = 0 THEN 'attention' ELSE 'done' END AS state
				FROM generate_series(1, {entries}) n) s
			JOIN bench.tenants t ON t.n = s.tenant`},
	}
}

// accountRows returns the rows that mirror the tenants' JazzHR accounts, and the tenants' settings.
func accountRows() []tableRows {
	return []tableRows{
		{"applicants", `(tenant_id, applicant_id, email, folded_name, read_at, created_at, listed_at, gone_at, gone_told_at)
			SELECT t.tenant_id, 'prospect_' || a.n, a.n || '@example.com', 'grace hopper ' || a.n, a.at, a.at, a.at,
				CASE WHEN a.n % 50 = 3 THEN a.at + interval '1 day' END, CASE WHEN a.n % 50 = 3 THEN a.at + interval '1 day' END
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {people}, 400) AS at FROM generate_series(1, {people}) n) a
			JOIN bench.tenants t ON t.n = a.tenant`},
		{"links", `(tenant_id, link_id, applicant_id, job_id, linked_on, first_seen_at)
			SELECT t.tenant_id, 'link_' || l.n, 'prospect_' || l.n, 'job_' || l.n % 5, l.at::date, l.at
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {people}, 400) AS at FROM generate_series(1, {people}) n) l
			JOIN bench.tenants t ON t.n = l.tenant`},
		{"activities", `(tenant_id, activity_id, category, object_id, action, occurred_on, occurred_time, first_seen_at)
			SELECT t.tenant_id, 'activity_' || a.n, 'workflow', 'prospect_' || a.n, 'moved to Interview for Engineer', a.at::date, '10:00:00', a.at
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {people}, 400) AS at FROM generate_series(1, {people}) n) a
			JOIN bench.tenants t ON t.n = a.tenant`},
		{"people", `(tenant_id, person_id, applicant_id, email, updated_at)
			SELECT t.tenant_id, 'person_' || p.n, 'prospect_' || p.n, p.n || '@example.com', p.at
			FROM (SELECT n, bench.pick(n) AS tenant, bench.at(n, {events}, 120) AS at FROM generate_series(1, {events}) n) p
			JOIN bench.tenants t ON t.n = p.tenant`},
		{"audits", `(tenant_id, audit_id, started_at, finished_at, latest, ours)
			SELECT t.tenant_id, bench.id(now() - day * interval '1 day', t.n), now() - day * interval '1 day', now() - day * interval '1 day' + interval '1 minute', day = 1,
				CASE WHEN t.n % 1000 = 0 THEN 1 ELSE 0 END
			FROM bench.tenants t, generate_series(1, 3) day`},
		{"stages", `(tenant_id, stage) SELECT t.tenant_id, s FROM bench.tenants t, unnest('{New,Screen,Interview,Offer,Hired}'::text[]) s`},
		{"auto_triggers", `(tenant_id, stage, set_at) SELECT t.tenant_id, 'Interview', now() - interval '200 days' FROM bench.tenants t WHERE t.n % 5 = 0`},
		{"visibility", `(tenant_id, kind, seen_at) SELECT t.tenant_id, k, now() FROM bench.tenants t, unnest('{create_applicant,link_applicant_to_job,write_note}'::text[]) k`},
	}
}

// writebackRows returns the rows that are made from the writebacks: three steps of each, with an
// effect each.
func writebackRows() []tableRows {
	return []tableRows{
		{"effects", `(tenant_id, effect_id, kind, key, state, send_token, sent_by, not_after, sends, first_sent_at, remote_id, problem, created_at, settled_at)
			SELECT w.tenant_id, (left(w.writeback_id::text, 35) || k.n)::uuid, k.kind,
				CASE k.n WHEN 1 THEN w.email WHEN 2 THEN w.applicant_id || '/' || w.job_id ELSE w.interview_id || '/1/1' END, s.state,
				CASE WHEN s.state <> 'planned' THEN w.writeback_id END, CASE WHEN s.state <> 'planned' THEN w.writeback_id END, w.created_at + interval '1 minute',
				CASE WHEN s.state = 'planned' THEN 0 ELSE 1 END, w.created_at, CASE WHEN s.state = 'done' THEN k.kind || '_' || w.interview_id END,
				CASE WHEN s.state = 'attention' THEN 'no_control' END, w.created_at, CASE WHEN s.state = 'done' THEN w.created_at + k.n * interval '5 seconds' END
			FROM jazzhr.writebacks w CROSS JOIN (VALUES (1, 'create_applicant'), (2, 'link_applicant_to_job'), (3, 'write_note')) k (n, kind)
			CROSS JOIN LATERAL (SELECT CASE WHEN k.n < 3 OR w.state = 'done' THEN 'done' WHEN w.state = 'pending' THEN 'planned' ELSE w.state END AS state) s`},
		{"steps", `(tenant_id, writeback_id, kind, part, state, effect_id, attempts, remote_id, last_error, started_at, done_at)
			SELECT w.tenant_id, w.writeback_id, k.kind, 1, CASE WHEN k.n < 3 THEN 'done' ELSE w.state END, (left(w.writeback_id::text, 35) || k.n)::uuid, 1,
				CASE WHEN k.n < 3 THEN k.kind || '_' || w.interview_id END, CASE WHEN k.n = 3 AND w.state = 'attention' THEN 'no_control' END, w.created_at,
				CASE WHEN k.n < 3 OR w.state IN ('done', 'rejected') THEN w.created_at + k.n * interval '5 seconds' END
			FROM jazzhr.writebacks w CROSS JOIN (VALUES (1, 'create_applicant'), (2, 'link_applicant_to_job'), (3, 'write_notes')) k (n, kind)`},
	}
}

// finishedJobs returns the finished polls of the last 15 minutes, with a poll every five minutes.
// River keeps finished jobs that long.
func finishedJobs() tableRows {
	return tableRows{"river_job", `(args, attempt, attempted_at, attempted_by, created_at, finalized_at, kind, max_attempts, metadata, priority, queue, scheduled_at, state)
		SELECT jsonb_build_object('tenant_id', t.tenant_id, 'prepaid', 3), 1, j.at, '{node}', j.at, j.at, 'poll_activities', 25, '{}', 1, 'polls', j.at, 'completed'
		FROM (SELECT n, now() - ({tenants} * 3 - n)::float8 / ({tenants} * 3) * interval '15 minutes' AS at FROM generate_series(1, {tenants} * 3) n) j
		JOIN bench.tenants t ON t.n = j.n % {tenants}`}
}
