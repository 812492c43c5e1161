-- name: TakeCall :one
-- Takes one call if the bucket holds more than the reserve. Returns what is left and, if no call
-- was taken, how long to wait. The bucket refills continuously. JazzHR's answer 429 sets
-- closed_until.
WITH refilled_bucket AS (
    SELECT
        c.tenant_id,
        least(
            sqlc.arg(burst)::float8,
            c.tokens
                + extract(epoch FROM greatest(interval '0', jazzhr.now() - c.refilled_at))
                * sqlc.arg(per_second)::float8
        ) AS held,
        coalesce(
            extract(epoch FROM greatest(interval '0', c.closed_until - jazzhr.now())),
            0
        ) AS closed_for
    FROM jazzhr.call_buckets c
    WHERE c.tenant_id = sqlc.arg(tenant_id)
    FOR UPDATE
), verdict AS (
    SELECT
        refilled_bucket.*,
        closed_for = 0 AND held >= 1 + sqlc.arg(reserve)::float8 AS taken
    FROM refilled_bucket
)
UPDATE jazzhr.call_buckets b
SET
    tokens = CASE WHEN v.taken THEN v.held - 1 ELSE v.held END,
    refilled_at = greatest(b.refilled_at, jazzhr.now())
FROM verdict v
WHERE b.tenant_id = v.tenant_id
RETURNING
    v.taken::boolean AS taken,
    b.tokens AS left_over,
    greatest(
        v.closed_for,
        (1 + sqlc.arg(reserve)::float8 - v.held) / sqlc.arg(per_second)::float8
    )::float8 AS wait_seconds;

-- name: SystemPrepay :many
-- Takes several calls at once from each tenant whose bucket holds them above the reserve, and
-- returns those tenants. A bucket that is locked at this moment is skipped, so that nobody waits.
-- Rows are updated by ctid for the reason that SystemDuePolls gives.
UPDATE jazzhr.call_buckets b
SET
    tokens = least(
        sqlc.arg(burst)::float8,
        b.tokens
            + extract(epoch FROM greatest(interval '0', jazzhr.now() - b.refilled_at))
            * sqlc.arg(per_second)::float8
    ) - sqlc.arg(calls)::float8,
    refilled_at = greatest(b.refilled_at, jazzhr.now())
WHERE b.ctid = ANY(ARRAY(
    SELECT c.ctid
    FROM jazzhr.call_buckets c
    WHERE c.tenant_id = ANY(@tenant_ids::uuid[])
        AND (c.closed_until IS NULL OR c.closed_until <= jazzhr.now())
        AND least(
            sqlc.arg(burst)::float8,
            c.tokens
                + extract(epoch FROM greatest(interval '0', jazzhr.now() - c.refilled_at))
                * sqlc.arg(per_second)::float8
        ) >= sqlc.arg(calls)::float8 + sqlc.arg(reserve)::float8
    FOR UPDATE SKIP LOCKED
))
RETURNING b.tenant_id;

-- name: CloseBucket :one
-- JazzHR answered 429. Nobody calls for the tenant until the pause is over, and the bucket then
-- starts empty.
UPDATE jazzhr.call_buckets
SET
    tokens = 0,
    refilled_at = jazzhr.now() + sqlc.arg(pause)::interval,
    closed_until = jazzhr.now() + sqlc.arg(pause)::interval
WHERE tenant_id = sqlc.arg(tenant_id)
    AND (closed_until IS NULL OR closed_until < jazzhr.now() + sqlc.arg(pause)::interval)
RETURNING closed_until;
