-- name: SystemJobDepth :many
-- Counts the jobs that wait or run, by queue, kind and state. Of each queue and state no more than
-- most are counted, in the order in which they are fetched. So the cost does not grow with the
-- number of jobs.
SELECT
    q.queue::text AS queue,
    j.kind,
    s.state::text AS state,
    count(*) AS jobs,
    min(j.scheduled_at)::timestamptz AS oldest_at,
    coalesce(extract(epoch FROM now() - min(j.scheduled_at)), 0)::float8 AS oldest_seconds
FROM unnest(@queues::text[]) AS q(queue)
CROSS JOIN unnest(
    '{available,pending,retryable,running,scheduled}'::jazzhr.river_job_state[]
) AS s(state)
CROSS JOIN LATERAL (
    SELECT r.kind, r.scheduled_at
    FROM jazzhr.river_job r
    WHERE r.state = s.state AND r.queue = q.queue
    ORDER BY r.priority, r.scheduled_at, r.id
    LIMIT sqlc.arg(most)
) j
GROUP BY q.queue, j.kind, s.state
ORDER BY q.queue, j.kind, s.state;

-- name: SystemJobsFinished :many
-- Counts the jobs that were finished in the last minutes, by kind, queue and slot of time. Slot 0
-- is the latest. Only the latest jobs are read, no more than most.
SELECT
    f.kind,
    f.queue,
    floor(
        extract(epoch FROM now() - f.finalized_at) / sqlc.arg(slot_seconds)::float8
    )::integer AS slot,
    count(*) AS jobs,
    coalesce(
        sum(extract(epoch FROM f.finalized_at - f.attempted_at)),
        0
    )::float8 AS took_seconds,
    extract(epoch FROM now() - min(f.finalized_at))::float8 AS oldest_seconds
FROM (
    SELECT r.kind, r.queue, r.finalized_at, r.attempted_at
    FROM jazzhr.river_job r
    WHERE r.state = 'completed' AND r.finalized_at > now() - @since::interval
    ORDER BY r.finalized_at DESC
    LIMIT sqlc.arg(most)
) f
GROUP BY f.kind, f.queue, slot
ORDER BY f.kind, f.queue, slot;

-- name: SystemJobErrors :many
-- Returns the jobs that are tried again after a failed attempt, and those that were given up. The
-- latest failure comes first.
SELECT
    j.id,
    j.kind,
    j.queue,
    j.state::text AS state,
    j.attempt,
    j.max_attempts,
    coalesce(j.args ->> 'tenant_id', '')::text AS tenant_id,
    coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '')::text AS error,
    coalesce(j.finalized_at, j.attempted_at, j.scheduled_at)::timestamptz AS failed_at,
    j.scheduled_at
FROM (
    (
        SELECT *
        FROM jazzhr.river_job r
        WHERE r.state = 'retryable'
        LIMIT 1000
    )
    UNION ALL
    (
        SELECT *
        FROM jazzhr.river_job r
        WHERE r.state = 'discarded' AND r.finalized_at IS NOT NULL
        ORDER BY r.finalized_at DESC
        LIMIT sqlc.arg(max_rows)
    )
    UNION ALL
    (
        SELECT *
        FROM jazzhr.river_job r
        WHERE r.state = 'cancelled' AND r.finalized_at IS NOT NULL
        ORDER BY r.finalized_at DESC
        LIMIT sqlc.arg(max_rows)
    )
) j
ORDER BY failed_at DESC, j.id DESC
LIMIT sqlc.arg(max_rows);

-- name: SystemJobsOfTenant :many
-- Returns a tenant's jobs among the newest looked_at jobs of all tenants, the newest first. There
-- is no index by tenant: it would cost every job that is inserted or taken, for a list that is
-- seldom looked at.
SELECT
    j.id,
    j.kind,
    j.queue,
    j.state::text AS state,
    j.attempt,
    j.max_attempts,
    j.created_at,
    j.scheduled_at,
    j.finalized_at,
    coalesce(j.args ->> 'webhook_id', '')::text AS webhook_id,
    coalesce(j.args ->> 'writeback_id', '')::text AS writeback_id,
    coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '')::text AS error
FROM (
    SELECT *
    FROM jazzhr.river_job r
    WHERE r.id < @before
    ORDER BY r.id DESC
    LIMIT sqlc.arg(looked_at)
) j
WHERE j.args ->> 'tenant_id' = @tenant_id::text
ORDER BY j.id DESC
LIMIT sqlc.arg(max_rows);

-- name: SystemJob :one
SELECT
    j.id,
    j.kind,
    j.queue,
    j.state::text AS state,
    j.attempt,
    j.max_attempts,
    j.created_at,
    j.scheduled_at,
    j.attempted_at,
    j.finalized_at,
    coalesce(j.args ->> 'tenant_id', '')::text AS tenant_id,
    coalesce(j.args ->> 'webhook_id', '')::text AS webhook_id,
    coalesce(j.args ->> 'writeback_id', '')::text AS writeback_id,
    coalesce(j.attempted_by[array_upper(j.attempted_by, 1)], '')::text AS node,
    coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '')::text AS error
FROM jazzhr.river_job j
WHERE j.id = @id;

-- name: SystemQueues :many
SELECT name, paused_at FROM jazzhr.river_queue ORDER BY name;

-- name: SystemRunningJobs :many
-- Counts the jobs that each process runs.
SELECT
    coalesce(j.attempted_by[array_upper(j.attempted_by, 1)], '')::text AS node,
    count(*) AS jobs
FROM jazzhr.river_job j
WHERE j.state = 'running'
GROUP BY node;

-- name: SystemWaitingRows :many
-- Returns what of our own rows is not done, by kind and by why it waits, and since when the oldest
-- has waited. Of each table no more than most of the waiting and most of the admitted rows are
-- counted. They are read in the order of the index that finds them, so that the planner uses it
-- whatever it believes of the table.
SELECT
    w.kind::text AS kind,
    w.reason::text AS reason,
    count(*) AS waiting,
    min(w.since)::timestamptz AS oldest_at,
    coalesce(extract(epoch FROM jazzhr.now() - min(w.since)), 0)::float8 AS oldest_seconds
FROM (
    SELECT
        r.kind,
        CASE
            WHEN t.paused_at IS NOT NULL THEN 'paused'
            WHEN t.key_state <> 'ok' THEN 'credentials'
            ELSE r.reason
        END AS reason,
        r.since
    FROM (
        (
            SELECT
                p.tenant_id,
                p.step AS kind,
                coalesce(p.waiting_for, 'queue') AS reason,
                p.created_at AS since
            FROM jazzhr.writebacks p
            WHERE p.state = 'pending' AND p.admitted_at IS NULL
            ORDER BY p.tenant_id, p.begun DESC, p.created_at
            LIMIT sqlc.arg(most)
        )
        UNION ALL
        (
            SELECT
                p.tenant_id,
                p.step,
                'admitted',
                p.created_at
            FROM jazzhr.writebacks p
            WHERE p.state = 'pending' AND p.admitted_at IS NOT NULL
            ORDER BY p.tenant_id, p.admitted_at
            LIMIT sqlc.arg(most)
        )
        UNION ALL
        (
            SELECT
                p.tenant_id,
                p.event,
                coalesce(p.waiting_for, 'queue'),
                p.received_at
            FROM jazzhr.webhooks p
            WHERE p.state = 'pending' AND p.admitted_at IS NULL
            ORDER BY p.tenant_id, p.next_attempt_at, p.received_at
            LIMIT sqlc.arg(most)
        )
        UNION ALL
        (
            SELECT
                p.tenant_id,
                p.event,
                'admitted',
                p.received_at
            FROM jazzhr.webhooks p
            WHERE p.state = 'pending' AND p.admitted_at IS NOT NULL
            ORDER BY p.tenant_id, p.admitted_at
            LIMIT sqlc.arg(most)
        )
        UNION ALL
        (
            SELECT
                p.tenant_id,
                'resolve_stage_entry',
                coalesce(p.waiting_for, 'queue'),
                p.first_seen_at
            FROM jazzhr.stage_entries p
            WHERE p.state = 'pending' AND p.admitted_at IS NULL
            ORDER BY p.tenant_id, p.next_attempt_at, p.first_seen_at
            LIMIT sqlc.arg(most)
        )
        UNION ALL
        (
            SELECT
                p.tenant_id,
                'resolve_stage_entry',
                'admitted',
                p.first_seen_at
            FROM jazzhr.stage_entries p
            WHERE p.state = 'pending' AND p.admitted_at IS NOT NULL
            ORDER BY p.tenant_id, p.admitted_at
            LIMIT sqlc.arg(most)
        )
    ) r
    JOIN jazzhr.tenants t ON t.tenant_id = r.tenant_id
    UNION ALL
    (
        SELECT 'deliver_event', CASE WHEN p.attempts > 0 THEN 'retry' ELSE 'queue' END, p.created_at
        FROM jazzhr.events p
        WHERE p.state = 'pending' AND p.admitted_at IS NULL
        ORDER BY p.next_attempt_at
        LIMIT sqlc.arg(most)
    )
    UNION ALL
    (
        SELECT 'deliver_event', 'admitted', p.created_at
        FROM jazzhr.events p
        WHERE p.state = 'pending' AND p.admitted_at IS NOT NULL
        ORDER BY p.admitted_at
        LIMIT sqlc.arg(most)
    )
) w
GROUP BY w.kind, w.reason
ORDER BY w.kind, w.reason;

-- name: SystemFailingAccounts :many
-- Returns the jobs on a tenant's whole account that have failed tries times or more, or that were given
-- up within the hours after which the next of the kind has been due: of each tenant and kind the
-- latest. Such a job has no row of its own that could be a case.
SELECT
    f.id,
    f.kind,
    t.tenant_id,
    t.name AS tenant_name,
    f.failures::integer AS failures,
    f.error::text AS error,
    f.failed_at::timestamptz AS failed_at
FROM (
    SELECT DISTINCT ON (j.kind, j.tenant_id)
        j.id,
        j.kind,
        j.tenant_id,
        cardinality(j.errors) AS failures,
        coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '') AS error,
        coalesce(j.finalized_at, j.attempted_at, j.scheduled_at) AS failed_at
    FROM (
        (
            SELECT r.*, r.args ->> 'tenant_id' AS tenant_id
            FROM jazzhr.river_job r
            WHERE r.state IN ('retryable', 'running')
                AND r.kind = ANY(@kinds::text[])
                AND cardinality(r.errors) >= sqlc.arg(tries)::int
            LIMIT 1000
        )
        UNION ALL
        (
            SELECT r.*, r.args ->> 'tenant_id'
            FROM jazzhr.river_job r
            JOIN (
                SELECT unnest(@kinds::text[]) AS kind, unnest(@hours::int[]) AS hours
            ) k ON k.kind = r.kind
            WHERE r.state = 'discarded'
                AND r.finalized_at > now() - interval '1 hour' * k.hours
            LIMIT 1000
        )
    ) j
    ORDER BY j.kind, j.tenant_id, j.id DESC
) f
JOIN jazzhr.tenants t ON t.tenant_id = f.tenant_id::uuid
WHERE sqlc.narg(tenant_id)::uuid IS NULL OR t.tenant_id = sqlc.narg(tenant_id)
ORDER BY f.failed_at DESC, f.id DESC
LIMIT sqlc.arg(max_rows);
