-- name: InsertEvents :one
-- Numbers events and stores them. The counter stays locked until the transaction ends, so whoever
-- sees a number has seen all numbers before it. created_at is taken after the wait for that lock,
-- not at the statement's start, so that the times never run against the numbers.
WITH counter AS (
    UPDATE jazzhr.event_counters n
    SET last_sequence = n.last_sequence + cardinality(@event_ids::uuid[])
    WHERE n.tenant_id = @tenant_id
    RETURNING n.last_sequence
), stored_events AS (
    INSERT INTO jazzhr.events (
        tenant_id,
        sequence,
        event_id,
        type,
        data,
        created_at,
        deliver_until,
        admitted_at
    )
    SELECT
        @tenant_id,
        c.last_sequence - cardinality(@event_ids::uuid[]) + i,
        (@event_ids::uuid[])[i],
        (@types::text[])[i],
        (@data::text[])[i]::jsonb,
        jazzhr.now() + (clock_timestamp() - statement_timestamp()),
        jazzhr.now() + sqlc.arg(deliver_for)::interval,
        jazzhr.now()
    FROM counter c, generate_subscripts(@event_ids::uuid[], 1) AS i
)
SELECT c.last_sequence FROM counter c;

-- name: Event :one
SELECT e.*, t.external_id
FROM jazzhr.events e
JOIN jazzhr.tenants t USING (tenant_id)
WHERE e.tenant_id = @tenant_id AND e.sequence = @sequence;

-- name: EventsAfter :many
SELECT e.*, t.external_id
FROM jazzhr.events e
JOIN jazzhr.tenants t USING (tenant_id)
WHERE e.tenant_id = @tenant_id AND e.sequence > @after
ORDER BY e.sequence
LIMIT sqlc.arg(max_rows);

-- name: PurgedThrough :one
SELECT purged_through FROM jazzhr.event_counters WHERE tenant_id = @tenant_id;

-- name: EventDelivered :exec
UPDATE jazzhr.events
SET
    state = 'delivered',
    delivered_at = jazzhr.now(),
    admitted_at = NULL,
    attempts = attempts + 1,
    last_error = NULL
WHERE tenant_id = @tenant_id AND sequence = @sequence AND state = 'pending';

-- name: EventNotDelivered :one
-- The event is tried again later, or has failed for good once its window has passed.
UPDATE jazzhr.events
SET
    attempts = attempts + 1,
    last_error = @last_error,
    admitted_at = NULL,
    next_attempt_at = jazzhr.now() + @delay::interval,
    state = CASE
        WHEN jazzhr.now() + @delay::interval > deliver_until THEN 'failed'
        ELSE 'pending'
    END
WHERE tenant_id = @tenant_id AND sequence = @sequence AND state = 'pending'
RETURNING state;

-- name: SystemAdmitEvents :many
UPDATE jazzhr.events e
SET admitted_at = jazzhr.now()
FROM (
    SELECT tenant_id, sequence
    FROM jazzhr.events
    WHERE state = 'pending' AND admitted_at IS NULL AND next_attempt_at <= jazzhr.now()
    ORDER BY next_attempt_at
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
) due
WHERE e.tenant_id = due.tenant_id AND e.sequence = due.sequence
RETURNING e.tenant_id, e.sequence;

-- name: SystemRedeliver :one
-- Takes the events that follow one in the order of their times and ids, at most so many, and returns
-- the last of them. An event that is being delivered already keeps its job.
WITH batch AS MATERIALIZED (
    SELECT
        b.tenant_id,
        b.sequence,
        b.created_at,
        b.event_id
    FROM jazzhr.events b
    WHERE b.created_at >= @since
        AND b.created_at < @until
        AND (b.created_at, b.event_id) > (@since, @after_id::uuid)
        AND (sqlc.narg(tenant_id)::uuid IS NULL OR b.tenant_id = sqlc.narg(tenant_id))
    ORDER BY b.created_at, b.event_id
    LIMIT sqlc.arg(max_events)
), redelivered AS (
    UPDATE jazzhr.events e
    SET
        state = 'pending',
        admitted_at = NULL,
        next_attempt_at = jazzhr.now(),
        attempts = 0,
        last_error = NULL,
        deliver_until = jazzhr.now() + @deliver_for::interval
    FROM batch
    WHERE e.tenant_id = batch.tenant_id
        AND e.sequence = batch.sequence
        AND (e.state <> 'pending' OR e.admitted_at IS NULL)
    RETURNING e.sequence
)
SELECT
    last.created_at,
    last.event_id,
    (SELECT count(*) FROM redelivered) AS events
FROM batch last
ORDER BY last.created_at DESC, last.event_id DESC
LIMIT 1;

-- name: SystemPurgeEvents :execrows
WITH purged_events AS (
    DELETE FROM jazzhr.events e
    WHERE e.ctid = ANY(ARRAY(
        SELECT o.ctid
        FROM jazzhr.events o
        WHERE o.created_at < jazzhr.now() - @retention::interval
        ORDER BY o.created_at
        LIMIT sqlc.arg(max_rows)
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING e.tenant_id, e.sequence
)
UPDATE jazzhr.event_counters c
SET purged_through = greatest(c.purged_through, p.last)
FROM (
    SELECT tenant_id, max(sequence) AS last
    FROM purged_events
    GROUP BY tenant_id
) p
WHERE c.tenant_id = p.tenant_id;

-- name: SystemOldestEvent :one
SELECT coalesce(extract(epoch FROM jazzhr.now() - min(created_at)), 0)::float8
FROM jazzhr.events
WHERE state = 'pending';
