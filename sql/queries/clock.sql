-- name: SystemRecordClockStep :exec
INSERT INTO jazzhr.clock_steps AS c (stepped_at, beyond)
VALUES (jazzhr.now(), sqlc.narg(beyond))
ON CONFLICT (one) DO UPDATE
SET stepped_at = excluded.stepped_at, beyond = least(c.beyond, excluded.beyond);

-- name: SystemClockStepToMend :one
SELECT stepped_at, beyond::interval AS beyond
FROM jazzhr.clock_steps
WHERE beyond IS NOT NULL;

-- name: SystemClockStepMended :exec
-- Another step may have been recorded since.
UPDATE jazzhr.clock_steps
SET beyond = NULL
WHERE stepped_at = @stepped_at;

-- name: SystemBringBackWritebacks :execrows
-- After the clock went back, what waits would wait for longer than it was told to. It is looked at
-- now, here and below, and waits anew if it has to. A column that is null stays null, which least()
-- does not see to. The condition on admitted_at is always true: see SystemOldestWaiting.
UPDATE jazzhr.writebacks
SET
    next_attempt_at = jazzhr.now(),
    admitted_at = CASE WHEN admitted_at > jazzhr.now() THEN jazzhr.now() ELSE admitted_at END
WHERE ctid = ANY(ARRAY(
    SELECT w.ctid
    FROM jazzhr.writebacks w
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
        AND coalesce(w.admitted_at, w.next_attempt_at) > jazzhr.now() + sqlc.arg(beyond)::interval
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemBringBackWebhooks :execrows
UPDATE jazzhr.webhooks
SET
    next_attempt_at = jazzhr.now(),
    admitted_at = CASE WHEN admitted_at > jazzhr.now() THEN jazzhr.now() ELSE admitted_at END
WHERE ctid = ANY(ARRAY(
    SELECT w.ctid
    FROM jazzhr.webhooks w
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
        AND coalesce(w.admitted_at, w.next_attempt_at) > jazzhr.now() + sqlc.arg(beyond)::interval
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemBringBackStageEntries :execrows
UPDATE jazzhr.stage_entries
SET
    next_attempt_at = jazzhr.now(),
    admitted_at = CASE WHEN admitted_at > jazzhr.now() THEN jazzhr.now() ELSE admitted_at END
WHERE ctid = ANY(ARRAY(
    SELECT w.ctid
    FROM jazzhr.stage_entries w
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
        AND coalesce(w.admitted_at, w.next_attempt_at) > jazzhr.now() + sqlc.arg(beyond)::interval
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemBringBackEvents :execrows
UPDATE jazzhr.events
SET
    next_attempt_at = jazzhr.now(),
    admitted_at = CASE WHEN admitted_at > jazzhr.now() THEN jazzhr.now() ELSE admitted_at END
WHERE ctid = ANY(ARRAY(
    SELECT w.ctid
    FROM jazzhr.events w
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
        AND coalesce(w.admitted_at, w.next_attempt_at) > jazzhr.now() + sqlc.arg(beyond)::interval
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemBringBackEffects :execrows
-- No send is on its way for longer than its timeout, and no read is still to come. Reads that were
-- counted are forgotten. The effects that wait are those of steps that do: the ledger has no index by
-- state.
UPDATE jazzhr.effects
SET
    not_after = CASE
        WHEN not_after > jazzhr.now() + sqlc.arg(send_timeout)::interval
            THEN jazzhr.now() + sqlc.arg(send_timeout)::interval
        ELSE not_after
    END,
    absent_reads = 0,
    absent_at = NULL
WHERE ctid = ANY(ARRAY(
    SELECT e.ctid
    FROM jazzhr.writebacks w
    JOIN jazzhr.steps s
        ON s.tenant_id = w.tenant_id
        AND s.writeback_id = w.writeback_id
        AND s.state = 'pending'
    JOIN jazzhr.effects e ON e.tenant_id = s.tenant_id AND e.effect_id = s.effect_id
    WHERE w.state = 'pending' AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
        AND e.state IN ('sending', 'unknown', 'planned')
        AND (
            e.not_after > jazzhr.now() + sqlc.arg(send_timeout)::interval + interval '5 seconds'
            OR e.absent_at > jazzhr.now() + interval '5 seconds'
        )
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE OF e SKIP LOCKED
));

-- name: SystemBringBackBuckets :execrows
UPDATE jazzhr.call_buckets
SET
    refilled_at = least(refilled_at, jazzhr.now()),
    closed_until = CASE WHEN closed_until IS NOT NULL THEN least(closed_until, jazzhr.now() + interval '1 minute') END
WHERE ctid = ANY(ARRAY(
    SELECT b.ctid
    FROM jazzhr.call_buckets b
    WHERE b.refilled_at > jazzhr.now() + interval '1 minute' + sqlc.arg(beyond)::interval
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemBringBackPolls :execrows
-- The polls of all tenants are spread as if each had been made at a time of its own.
UPDATE jazzhr.tenants
SET
    next_poll_at = CASE WHEN next_poll_at IS NOT NULL THEN least(next_poll_at, jazzhr.now() + sqlc.arg(poll_interval)::interval * random()) END,
    next_openings_at = CASE WHEN next_openings_at IS NOT NULL THEN least(next_openings_at, jazzhr.now() + interval '1 hour' * random()) END,
    key_retry_at = CASE WHEN key_retry_at IS NOT NULL THEN least(key_retry_at, jazzhr.now() + interval '1 minute') END
WHERE ctid = ANY(ARRAY(
    SELECT t.ctid
    FROM jazzhr.tenants t
    WHERE t.next_poll_at > jazzhr.now() + sqlc.arg(poll_interval)::interval + sqlc.arg(beyond)::interval
        OR t.next_openings_at > jazzhr.now() + interval '1 hour' + sqlc.arg(beyond)::interval
        OR t.key_retry_at > jazzhr.now() + interval '1 minute' + sqlc.arg(beyond)::interval
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemBringBackNodes :execrows
-- A node that died before the clock went back is found dead.
UPDATE jazzhr.nodes
SET beat_at = jazzhr.now()
WHERE beat_at > jazzhr.now();

-- name: SystemBringBackBreakers :execrows
UPDATE jazzhr.breakers
SET next_at = jazzhr.now()
WHERE next_at > jazzhr.now() + sqlc.arg(beyond)::interval;
