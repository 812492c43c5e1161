-- What the console shows of tenants. Lists of all tenants read the whole table. An index for such a
-- list would cost every poll and every webhook, because each changes its tenant's row.

-- name: SystemTenantStates :many
-- Counts the tenants in each state, as tenant.StateOf derives it.
SELECT
    (CASE
        WHEN t.connection IN ('created', 'disconnected') THEN t.connection
        WHEN t.paused_at IS NOT NULL THEN 'paused'
        WHEN t.key_state = 'rejected' THEN 'credentials_rejected'
        WHEN t.connection = 'awaiting_verify' THEN 'awaiting_verify'
        ELSE 'active'
    END)::text AS state,
    count(*) AS tenants
FROM jazzhr.tenants t
GROUP BY 1;

-- name: SystemAttentionTenants :one
-- Counts the tenants that have a case.
SELECT count(*)
FROM (
    SELECT w.tenant_id FROM jazzhr.writebacks w WHERE w.state = 'attention'
    UNION
    SELECT h.tenant_id FROM jazzhr.webhooks h WHERE h.state = 'attention'
    UNION
    SELECT s.tenant_id FROM jazzhr.stage_entries s WHERE s.state = 'attention'
) tenants_with_cases;

-- name: SystemTenantList :many
-- Returns a page of tenants in the order of a sort key. The key is always a text, whatever it is
-- made of. Waiting rows and cases are counted only if the list is sorted or filtered by them.
WITH waiting_rows AS (
    SELECT p.tenant_id, count(*) AS rows
    FROM (
        SELECT w.tenant_id
        FROM jazzhr.writebacks w
        WHERE w.state = 'pending' AND w.admitted_at IS NULL
        UNION ALL
        SELECT w.tenant_id
        FROM jazzhr.writebacks w
        WHERE w.state = 'pending' AND w.admitted_at IS NOT NULL
        UNION ALL
        SELECT w.tenant_id
        FROM jazzhr.webhooks w
        WHERE w.state = 'pending' AND w.admitted_at IS NULL
        UNION ALL
        SELECT w.tenant_id
        FROM jazzhr.webhooks w
        WHERE w.state = 'pending' AND w.admitted_at IS NOT NULL
        UNION ALL
        SELECT s.tenant_id
        FROM jazzhr.stage_entries s
        WHERE s.state = 'pending' AND s.admitted_at IS NULL
        UNION ALL
        SELECT s.tenant_id
        FROM jazzhr.stage_entries s
        WHERE s.state = 'pending' AND s.admitted_at IS NOT NULL
    ) p
    WHERE sqlc.arg(sort)::text = 'waiting'
    GROUP BY p.tenant_id
), cases AS (
    SELECT p.tenant_id, count(*) AS rows
    FROM (
        SELECT w.tenant_id FROM jazzhr.writebacks w WHERE w.state = 'attention'
        UNION ALL
        SELECT w.tenant_id FROM jazzhr.webhooks w WHERE w.state = 'attention'
        UNION ALL
        SELECT s.tenant_id FROM jazzhr.stage_entries s WHERE s.state = 'attention'
    ) p
    WHERE sqlc.arg(sort)::text = 'attention' OR sqlc.arg(state)::text = 'attention'
    GROUP BY p.tenant_id
), sorted_tenants AS (
    SELECT
        t.tenant_id,
        (CASE sqlc.arg(sort)::text
            WHEN 'name' THEN lower(t.name)
            WHEN 'webhook' THEN lpad(
                coalesce(
                    100000000000 - floor(extract(epoch FROM t.last_webhook_at)),
                    999999999999
                )::text,
                12,
                '0'
            )
            WHEN 'quiet' THEN lpad(
                coalesce(floor(extract(epoch FROM t.last_webhook_at)), 0)::text,
                12,
                '0'
            )
            WHEN 'poll' THEN lpad(
                coalesce(floor(extract(epoch FROM t.last_poll_at)), 0)::text,
                12,
                '0'
            )
            WHEN 'new' THEN lpad(
                (100000000000 - floor(extract(epoch FROM t.created_at)))::text,
                12,
                '0'
            )
            ELSE lpad((999999999999 - coalesce(w.rows, a.rows, 0))::text, 12, '0')
        END)::text AS sort_key
    FROM jazzhr.tenants t
    LEFT JOIN waiting_rows w ON w.tenant_id = t.tenant_id
    LEFT JOIN cases a ON a.tenant_id = t.tenant_id
    WHERE (
            sqlc.arg(search)::text = ''
            OR strpos(lower(t.name), lower(sqlc.arg(search))) > 0
            OR lower(t.external_id) = lower(sqlc.arg(search))
            OR starts_with(t.tenant_id::text, lower(sqlc.arg(search)))
        )
        AND (
            sqlc.arg(state)::text IN ('', 'attention')
            OR sqlc.arg(state) = CASE
                WHEN t.connection IN ('created', 'disconnected') THEN t.connection
                WHEN t.paused_at IS NOT NULL THEN 'paused'
                WHEN t.key_state = 'rejected' THEN 'credentials_rejected'
                WHEN t.connection = 'awaiting_verify' THEN 'awaiting_verify'
                ELSE 'active'
            END
        )
        AND (sqlc.arg(state) <> 'attention' OR a.tenant_id IS NOT NULL)
), page AS (
    SELECT l.*
    FROM sorted_tenants l
    WHERE (l.sort_key, l.tenant_id) > (sqlc.arg(after_key)::text, sqlc.arg(after_id)::uuid)
    ORDER BY l.sort_key, l.tenant_id
    LIMIT sqlc.arg(max_rows)
)
SELECT sqlc.embed(t), page.sort_key
FROM page
JOIN jazzhr.tenants t ON t.tenant_id = page.tenant_id
ORDER BY page.sort_key, page.tenant_id;

-- name: SystemTenantFigures :many
-- Returns what the list shows of each tenant of a page. Waiting and admitted rows are counted
-- apart, because each kind has an index of its own.
SELECT
    t.tenant_id::uuid AS tenant_id,
    (
        (
            SELECT count(*)
            FROM jazzhr.writebacks w
            WHERE w.tenant_id = t.tenant_id AND w.state = 'pending' AND w.admitted_at IS NULL
        ) + (
            SELECT count(*)
            FROM jazzhr.writebacks w
            WHERE w.tenant_id = t.tenant_id AND w.state = 'pending' AND w.admitted_at IS NOT NULL
        )
    )::bigint AS writebacks,
    (
        (
            SELECT count(*)
            FROM jazzhr.webhooks w
            WHERE w.tenant_id = t.tenant_id AND w.state = 'pending' AND w.admitted_at IS NULL
        ) + (
            SELECT count(*)
            FROM jazzhr.webhooks w
            WHERE w.tenant_id = t.tenant_id AND w.state = 'pending' AND w.admitted_at IS NOT NULL
        )
    )::bigint AS webhooks,
    (
        (
            SELECT count(*)
            FROM jazzhr.stage_entries s
            WHERE s.tenant_id = t.tenant_id AND s.state = 'pending' AND s.admitted_at IS NULL
        ) + (
            SELECT count(*)
            FROM jazzhr.stage_entries s
            WHERE s.tenant_id = t.tenant_id AND s.state = 'pending' AND s.admitted_at IS NOT NULL
        )
    )::bigint AS stage_entries,
    (
        (
            SELECT count(*)
            FROM jazzhr.writebacks w
            WHERE w.tenant_id = t.tenant_id AND w.state = 'attention'
        ) + (
            SELECT count(*)
            FROM jazzhr.webhooks w
            WHERE w.tenant_id = t.tenant_id AND w.state = 'attention'
        ) + (
            SELECT count(*)
            FROM jazzhr.stage_entries s
            WHERE s.tenant_id = t.tenant_id AND s.state = 'attention'
        )
    )::bigint AS attention,
    (
        SELECT count(*)
        FROM jazzhr.stage_entries s
        LEFT JOIN jazzhr.interview_requests r
            ON r.tenant_id = s.tenant_id
            AND r.request_id = s.request_id
        WHERE s.tenant_id = t.tenant_id
            AND s.outcome IN ('requested', 'matched')
            AND r.webhook_id IS NULL
            AND s.first_seen_at > jazzhr.now() - interval '7 days'
            AND s.first_seen_at <= jazzhr.now() - @match_window::interval
    )::bigint AS missed,
    coalesce(
        least(
            sqlc.arg(burst)::float8,
            b.tokens
                + extract(epoch FROM greatest(interval '0', jazzhr.now() - b.refilled_at))
                * sqlc.arg(per_second)::float8
        ),
        sqlc.arg(burst)::float8
    )::float8 AS calls_left,
    greatest(
        0,
        coalesce(extract(epoch FROM b.closed_until - jazzhr.now()), 0)
    )::float8 AS closed_seconds
FROM unnest(@tenant_ids::uuid[]) AS t(tenant_id)
LEFT JOIN jazzhr.call_buckets b ON b.tenant_id = t.tenant_id;

-- name: SystemTenantDays :many
-- Counts the webhooks and writebacks of each of the last days, by the time that their ids contain.
WITH days AS MATERIALIZED (
    SELECT
        d.day,
        jazzhr.first_id(d.day) AS first,
        jazzhr.first_id(d.day + interval '1 day') AS next
    FROM generate_series(
        date_trunc('day', jazzhr.now(), 'UTC') - interval '1 day' * (sqlc.arg(days)::int - 1),
        date_trunc('day', jazzhr.now(), 'UTC'),
        interval '1 day'
    ) AS d(day)
)
SELECT
    t.tenant_id::uuid AS tenant_id,
    d.day::timestamptz AS day,
    (
        SELECT count(*)
        FROM jazzhr.webhooks w
        WHERE w.tenant_id = t.tenant_id AND w.webhook_id >= d.first AND w.webhook_id < d.next
    ) AS webhooks,
    (
        SELECT count(*)
        FROM jazzhr.writebacks w
        WHERE w.tenant_id = t.tenant_id
            AND w.writeback_id >= d.first
            AND w.writeback_id < d.next
    ) AS writebacks
FROM unnest(@tenant_ids::uuid[]) AS t(tenant_id)
CROSS JOIN days d
ORDER BY t.tenant_id, d.day;

-- name: EventDays :many
-- Counts the events of each of the last days, and those that Intrvio did not take. Only the latest
-- max_rows events are read.
SELECT
    date_trunc('day', e.created_at, 'UTC')::timestamptz AS day,
    count(*) AS events,
    count(*) FILTER (WHERE e.state = 'failed') AS failed,
    count(*) FILTER (WHERE e.type = 'writeback.attention') AS cases
FROM jazzhr.events e
WHERE e.tenant_id = @tenant_id
    AND e.sequence > (
        SELECT c.last_sequence - sqlc.arg(max_rows)::bigint
        FROM jazzhr.event_counters c
        WHERE c.tenant_id = @tenant_id
    )
    AND e.created_at >= date_trunc('day', jazzhr.now(), 'UTC')
        - interval '1 day' * (sqlc.arg(days)::int - 1)
GROUP BY 1
ORDER BY 1;

-- name: MissedDays :many
-- Counts the stage entries of each of the last days to which the tenant's triggers applied, and
-- those of them that no export accompanied in time.
SELECT
    date_trunc('day', s.first_seen_at, 'UTC')::timestamptz AS day,
    count(*) AS expected,
    count(*) FILTER (
        WHERE r.webhook_id IS NULL
            AND s.first_seen_at <= jazzhr.now() - @match_window::interval
    ) AS missed
FROM jazzhr.stage_entries s
LEFT JOIN jazzhr.interview_requests r
    ON r.tenant_id = s.tenant_id
    AND r.request_id = s.request_id
WHERE s.tenant_id = @tenant_id
    AND s.outcome IN ('requested', 'matched')
    AND s.first_seen_at >= date_trunc('day', jazzhr.now(), 'UTC')
        - interval '1 day' * (sqlc.arg(days)::int - 1)
GROUP BY 1
ORDER BY 1;

-- name: WaitingWritebacks :many
-- Writebacks that have a job come first, then those that get one next.
SELECT
    w.writeback_id,
    w.interview_id,
    w.revision,
    w.step,
    w.part,
    w.waiting_for,
    w.next_attempt_at,
    w.attempts,
    w.last_error,
    w.admitted_at,
    w.created_at,
    w.first_name,
    w.last_name,
    w.email
FROM (
    (
        SELECT a.*
        FROM jazzhr.writebacks a
        WHERE a.tenant_id = @tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
        ORDER BY a.admitted_at
        LIMIT sqlc.arg(max_rows)
    )
    UNION ALL
    (
        SELECT b.*
        FROM jazzhr.writebacks b
        WHERE b.tenant_id = @tenant_id AND b.state = 'pending' AND b.admitted_at IS NULL
        ORDER BY b.begun DESC, b.created_at
        LIMIT sqlc.arg(max_rows)
    )
) w
ORDER BY (w.admitted_at IS NULL), w.created_at
LIMIT sqlc.arg(max_rows);

-- name: WaitingWebhooks :many
SELECT
    w.webhook_id,
    w.waiting_for,
    w.next_attempt_at,
    w.attempts,
    w.last_error,
    w.admitted_at,
    w.received_at
FROM (
    (
        SELECT a.*
        FROM jazzhr.webhooks a
        WHERE a.tenant_id = @tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
        ORDER BY a.admitted_at
        LIMIT sqlc.arg(max_rows)
    )
    UNION ALL
    (
        SELECT b.*
        FROM jazzhr.webhooks b
        WHERE b.tenant_id = @tenant_id AND b.state = 'pending' AND b.admitted_at IS NULL
        ORDER BY b.next_attempt_at, b.received_at
        LIMIT sqlc.arg(max_rows)
    )
) w
ORDER BY (w.admitted_at IS NULL), w.received_at
LIMIT sqlc.arg(max_rows);

-- name: WaitingStageEntries :many
SELECT
    s.activity_id,
    s.applicant_id,
    s.stage,
    s.waiting_for,
    s.next_attempt_at,
    s.attempts,
    s.last_error,
    s.admitted_at,
    s.first_seen_at
FROM (
    (
        SELECT a.*
        FROM jazzhr.stage_entries a
        WHERE a.tenant_id = @tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
        ORDER BY a.admitted_at
        LIMIT sqlc.arg(max_rows)
    )
    UNION ALL
    (
        SELECT b.*
        FROM jazzhr.stage_entries b
        WHERE b.tenant_id = @tenant_id AND b.state = 'pending' AND b.admitted_at IS NULL
        ORDER BY b.next_attempt_at, b.first_seen_at
        LIMIT sqlc.arg(max_rows)
    )
) s
ORDER BY (s.admitted_at IS NULL), s.first_seen_at
LIMIT sqlc.arg(max_rows);

-- name: SystemTenantJobs :many
-- Returns a tenant's jobs that have not ended. River's table knows a tenant only by the jobs'
-- arguments.
SELECT
    j.id,
    j.kind,
    j.state::text AS state,
    j.attempt::int AS attempt,
    j.scheduled_at,
    j.attempted_at,
    j.created_at
FROM jazzhr.river_job j
WHERE j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
    AND j.args ->> 'tenant_id' = sqlc.arg(tenant)::text
ORDER BY (j.state <> 'running'), j.scheduled_at, j.id
LIMIT sqlc.arg(max_rows);

-- name: RecentWritebacks :many
SELECT
    w.writeback_id,
    w.interview_id,
    w.revision,
    w.state,
    w.first_name,
    w.last_name,
    w.email,
    w.created_at,
    w.done_at,
    w.last_error
FROM jazzhr.writebacks w
WHERE w.tenant_id = @tenant_id
ORDER BY w.writeback_id DESC
LIMIT sqlc.arg(max_rows);

-- name: RecentEvents :many
SELECT
    e.sequence,
    e.type,
    e.state,
    e.created_at,
    e.delivered_at,
    e.attempts,
    e.next_attempt_at,
    e.last_error
FROM jazzhr.events e
WHERE e.tenant_id = @tenant_id
ORDER BY e.sequence DESC
LIMIT sqlc.arg(max_rows);

-- name: TenantActions :many
SELECT sqlc.embed(a), NULL::text AS tenant_name
FROM jazzhr.actions a
WHERE a.tenant_id = @tenant_id AND a.action_id < @before
ORDER BY a.action_id DESC
LIMIT sqlc.arg(max_rows);
