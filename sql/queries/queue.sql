-- name: SystemAdmitWritebacks :many
-- Every tenant that may work and has rows waiting gets as many jobs as it lacks of its share. Its
-- share is no more than its call budget serves. Writebacks that have begun come first, then the
-- oldest.
--
-- The tenants are found by stepping through the index of waiting rows, from each tenant to the
-- next. So the cost grows with how many tenants have something waiting, not with how many there are
-- or how much each has. Each step reads the time of the tenant's first row that may go on. If that
-- time is still to come, nothing more is read of the tenant.
WITH RECURSIVE waiting_tenants AS (
    (
        SELECT w.tenant_id, w.next_attempt_at
        FROM jazzhr.writebacks w
        WHERE w.state = 'pending' AND w.admitted_at IS NULL
        ORDER BY w.tenant_id, w.next_attempt_at
        LIMIT 1
    )
    UNION ALL
    SELECT next_tenant.tenant_id, next_tenant.next_attempt_at
    FROM waiting_tenants
    CROSS JOIN LATERAL (
        SELECT w.tenant_id, w.next_attempt_at
        FROM jazzhr.writebacks w
        WHERE w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.tenant_id > waiting_tenants.tenant_id
        ORDER BY w.tenant_id, w.next_attempt_at
        LIMIT 1
    ) next_tenant
), ready_tenants AS (
    SELECT t.tenant_id, lacking.jobs
    FROM waiting_tenants
    JOIN jazzhr.tenants t ON t.tenant_id = waiting_tenants.tenant_id
    JOIN jazzhr.call_buckets b ON b.tenant_id = t.tenant_id
    CROSS JOIN LATERAL (
        SELECT least(
            sqlc.arg(per_tenant)::bigint,
            floor(
                least(
                    sqlc.arg(burst)::float8,
                    b.tokens
                        + extract(epoch FROM greatest(interval '0', jazzhr.now() - b.refilled_at))
                        * sqlc.arg(per_second)::float8
                ) / sqlc.arg(calls)::float8
            )::bigint
        ) - count(*) AS jobs
        FROM jazzhr.writebacks a
        WHERE a.tenant_id = t.tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
    ) lacking
    WHERE waiting_tenants.next_attempt_at <= jazzhr.now()
        AND lacking.jobs > 0
        AND t.key_state = 'ok'
        AND t.paused_at IS NULL
        AND (b.closed_until IS NULL OR b.closed_until <= jazzhr.now())
    LIMIT sqlc.arg(max_tenants)
), picked_writebacks AS (
    SELECT p.tenant_id, p.writeback_id
    FROM ready_tenants r
    CROSS JOIN LATERAL (
        SELECT w.tenant_id, w.writeback_id
        FROM jazzhr.writebacks w
        WHERE w.tenant_id = r.tenant_id
            AND w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.next_attempt_at <= jazzhr.now()
        ORDER BY w.begun DESC, w.created_at
        LIMIT r.jobs
        FOR UPDATE SKIP LOCKED
    ) p
)
UPDATE jazzhr.writebacks w
SET admitted_at = jazzhr.now(), waiting_for = NULL
FROM picked_writebacks p
WHERE w.tenant_id = p.tenant_id AND w.writeback_id = p.writeback_id
RETURNING
    w.tenant_id,
    w.writeback_id,
    w.step,
    w.part;

-- name: SystemAdmitWebhooks :many
-- Tenants are found, and rows admitted, as by SystemAdmitWritebacks.
WITH RECURSIVE waiting_tenants AS (
    (
        SELECT w.tenant_id, w.next_attempt_at
        FROM jazzhr.webhooks w
        WHERE w.state = 'pending' AND w.admitted_at IS NULL
        ORDER BY w.tenant_id, w.next_attempt_at
        LIMIT 1
    )
    UNION ALL
    SELECT next_tenant.tenant_id, next_tenant.next_attempt_at
    FROM waiting_tenants
    CROSS JOIN LATERAL (
        SELECT w.tenant_id, w.next_attempt_at
        FROM jazzhr.webhooks w
        WHERE w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.tenant_id > waiting_tenants.tenant_id
        ORDER BY w.tenant_id, w.next_attempt_at
        LIMIT 1
    ) next_tenant
), ready_tenants AS (
    SELECT t.tenant_id, lacking.jobs
    FROM waiting_tenants
    JOIN jazzhr.tenants t ON t.tenant_id = waiting_tenants.tenant_id
    CROSS JOIN LATERAL (
        SELECT sqlc.arg(per_tenant)::bigint - count(*) AS jobs
        FROM jazzhr.webhooks a
        WHERE a.tenant_id = t.tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
    ) lacking
    WHERE waiting_tenants.next_attempt_at <= jazzhr.now()
        AND lacking.jobs > 0
        AND t.key_state = 'ok'
        AND t.paused_at IS NULL
        AND NOT EXISTS (
            SELECT
            FROM jazzhr.call_buckets b
            WHERE b.tenant_id = t.tenant_id AND b.closed_until > jazzhr.now()
        )
    LIMIT sqlc.arg(max_tenants)
), picked_webhooks AS (
    SELECT p.tenant_id, p.webhook_id
    FROM ready_tenants r
    CROSS JOIN LATERAL (
        SELECT w.tenant_id, w.webhook_id
        FROM jazzhr.webhooks w
        WHERE w.tenant_id = r.tenant_id
            AND w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.next_attempt_at <= jazzhr.now()
        ORDER BY w.received_at
        LIMIT r.jobs
        FOR UPDATE SKIP LOCKED
    ) p
)
UPDATE jazzhr.webhooks w
SET admitted_at = jazzhr.now(), waiting_for = NULL
FROM picked_webhooks p
WHERE w.tenant_id = p.tenant_id AND w.webhook_id = p.webhook_id
RETURNING w.tenant_id, w.webhook_id, w.event;

-- name: SystemReleaseWritebacks :execrows
-- A row whose job is gone (deleted, cancelled, discarded, lost in a restore) waits again and gets a
-- new one.
UPDATE jazzhr.writebacks w
SET admitted_at = NULL
WHERE w.state = 'pending'
    AND w.admitted_at < jazzhr.now() - @grace::interval
    AND NOT EXISTS (
        SELECT
        FROM jazzhr.river_job j
        WHERE j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
            AND coalesce(j.args ->> 'writeback_id', j.args ->> 'webhook_id', j.args ->> 'activity_id')
                = w.writeback_id::text
    );

-- name: SystemReleaseWebhooks :execrows
UPDATE jazzhr.webhooks w
SET admitted_at = NULL
WHERE w.state = 'pending'
    AND w.admitted_at < jazzhr.now() - @grace::interval
    AND NOT EXISTS (
        SELECT
        FROM jazzhr.river_job j
        WHERE j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
            AND coalesce(j.args ->> 'writeback_id', j.args ->> 'webhook_id', j.args ->> 'activity_id')
                = w.webhook_id::text
    );

-- name: SystemReleaseEvents :execrows
UPDATE jazzhr.events e
SET admitted_at = NULL
WHERE e.state = 'pending'
    AND e.admitted_at < jazzhr.now() - @grace::interval
    AND NOT EXISTS (
        SELECT
        FROM jazzhr.river_job j
        WHERE j.kind = 'deliver_event'
            AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
            AND j.args ->> 'tenant_id' = e.tenant_id::text
            AND (j.args ->> 'sequence')::bigint = e.sequence
    );

-- name: SystemCompleteJob :execrows
-- River's JobCompleteTx does not check who runs the job. A job that was given to another node, or
-- that this node took again, has another attempted_at. The attempt's number alone can repeat.
UPDATE jazzhr.river_job
SET state = 'completed', finalized_at = jazzhr.now()
WHERE id = @id
    AND state = 'running'
    AND attempted_at = @attempted_at
    AND attempted_by[array_upper(attempted_by, 1)] = @attempted_by::text;

-- name: SystemBeat :one
-- Returns what the node compares with its own clock, and whether another node lives that has lived
-- for a while.
INSERT INTO jazzhr.nodes (node_id)
VALUES (@node_id)
ON CONFLICT (node_id) DO UPDATE
SET beat_at = jazzhr.now()
RETURNING
    jazzhr.clock()::timestamptz AS clock,
    EXISTS (
        SELECT
        FROM jazzhr.nodes o
        WHERE o.node_id <> @node_id
            AND o.beat_at > jazzhr.now() - @fresh::interval
            AND o.beat_at < jazzhr.now() + @fresh::interval
            AND o.started_at < jazzhr.now() - @fresh::interval
    ) AS accompanied;

-- name: SystemRemoveNode :exec
DELETE FROM jazzhr.nodes WHERE node_id = @node_id;

-- name: SystemTakeDeadNode :many
-- Deletes the nodes that have sent no heartbeat for a whole timeout, and returns them.
DELETE FROM jazzhr.nodes n
USING (
    SELECT node_id
    FROM jazzhr.nodes
    WHERE beat_at < jazzhr.now() - @timeout::interval
    FOR UPDATE SKIP LOCKED
) dead
WHERE n.node_id = dead.node_id
RETURNING n.node_id;

-- name: SystemReturnJobs :execrows
-- Gives back the jobs that dead nodes were running. They keep their place before what has come
-- since. The count of attempts stays. A node that finishes one late is recognised by attempted_at.
UPDATE jazzhr.river_job
SET state = 'available'
WHERE state = 'running'
    AND attempted_by[array_upper(attempted_by, 1)] = ANY(@node_ids::text[]);

-- name: SystemReturnOrphans :execrows
-- Gives back the jobs that run under the name of a node that is not listed: the node died together
-- with its row, or never had one.
UPDATE jazzhr.river_job j
SET state = 'available'
WHERE j.state = 'running'
    AND j.attempted_at < now() - @timeout::interval
    AND NOT EXISTS (
        SELECT
        FROM jazzhr.nodes n
        WHERE n.node_id = j.attempted_by[array_upper(j.attempted_by, 1)]
    );

-- name: SystemReturnUnknown :execrows
-- Gives back the jobs that a node has in the database but does not run: their fetch was committed,
-- and the answer was lost with the server.
UPDATE jazzhr.river_job
SET state = 'available'
WHERE state = 'running'
    AND attempted_by[array_upper(attempted_by, 1)] = @node_id::text
    AND attempted_at < now() - @older_than::interval
    AND id <> ALL(@running::bigint[]);

-- name: SystemDropLeader :exec
-- Ends the lease of a leader that died, and sends the notice that the leader itself would have
-- sent.
WITH ended_lease AS (
    DELETE FROM jazzhr.river_leader
    WHERE leader_id = ANY(@node_ids::text[])
    RETURNING leader_id
)
SELECT pg_notify(
    'jazzhr.river_leadership',
    json_build_object('action', 'resigned', 'leader_id', leader_id)::text
)
FROM ended_lease;

-- name: SystemOldestWaiting :many
-- Returns how long the oldest waiting row has waited, by kind and by why it waits. The kind is that of
-- the row's job; for a webhook it is the event, which decides the job. The condition on
-- admitted_at is always true. With it Postgres finds the pending rows by the indexes of waiting and
-- of admitted rows, and does not read every row there ever was.
SELECT
    kind::text AS kind,
    reason::text AS reason,
    count(*) AS waiting,
    extract(epoch FROM jazzhr.now() - min(since))::float8 AS oldest_seconds
FROM (
    SELECT
        step AS kind,
        CASE
            WHEN t.paused_at IS NOT NULL THEN 'paused'
            WHEN t.key_state <> 'ok' THEN 'credentials'
            ELSE coalesce(w.waiting_for, 'queue')
        END AS reason,
        w.created_at AS since
    FROM jazzhr.writebacks w
    JOIN jazzhr.tenants t USING (tenant_id)
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
    UNION ALL
    SELECT
        w.event,
        CASE
            WHEN t.paused_at IS NOT NULL THEN 'paused'
            WHEN t.key_state <> 'ok' THEN 'credentials'
            ELSE coalesce(w.waiting_for, 'queue')
        END,
        w.received_at
    FROM jazzhr.webhooks w
    JOIN jazzhr.tenants t USING (tenant_id)
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
    UNION ALL
    SELECT
        'resolve_stage_entry',
        CASE
            WHEN t.paused_at IS NOT NULL THEN 'paused'
            WHEN t.key_state <> 'ok' THEN 'credentials'
            ELSE coalesce(s.waiting_for, 'queue')
        END,
        s.first_seen_at
    FROM jazzhr.stage_entries s
    JOIN jazzhr.tenants t USING (tenant_id)
    WHERE s.state = 'pending' AND (s.admitted_at IS NULL OR s.admitted_at IS NOT NULL)
) waiting
GROUP BY kind, reason;

-- name: SystemAttentionCount :one
SELECT (SELECT count(*) FROM jazzhr.writebacks w WHERE w.state = 'attention')
    + (SELECT count(*) FROM jazzhr.webhooks h WHERE h.state = 'attention')
    + (SELECT count(*) FROM jazzhr.stage_entries s WHERE s.state = 'attention') AS rows_in_attention;
