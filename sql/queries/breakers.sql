-- name: SystemBreakers :many
-- Returns the breakers that are not closed, and those that count unusable answers.
SELECT sqlc.embed(b), jazzhr.now()::timestamptz AS now
FROM jazzhr.breakers b
ORDER BY b.kind;

-- name: SystemBreaker :one
SELECT sqlc.embed(b), jazzhr.now()::timestamptz AS now
FROM jazzhr.breakers b
WHERE b.kind = @kind;

-- name: SystemLockBreaker :one
-- Locks the breaker of a kind until the transaction ends, and begins to count if there is none.
INSERT INTO jazzhr.breakers AS b (kind)
VALUES (@kind)
ON CONFLICT (kind) DO UPDATE
SET kind = excluded.kind
RETURNING sqlc.embed(b), jazzhr.now()::timestamptz AS now;

-- name: SystemSetBreaker :exec
UPDATE jazzhr.breakers
SET
    failures = @failures,
    tenants = @tenants,
    apart = @apart,
    opened_at = @opened_at,
    next_at = @next_at,
    probes = @probes,
    granted = @granted,
    usable = @usable,
    unusable = @unusable
WHERE kind = @kind;

-- name: SystemCloseBreaker :exec
DELETE FROM jazzhr.breakers WHERE kind = @kind;

-- name: SystemTakeProbe :execrows
-- Lets one send through, unless another took its place since the breaker was read.
UPDATE jazzhr.breakers
SET
    granted = granted + 1,
    prober = @prober,
    next_at = @next_at
WHERE kind = @kind AND granted = @seen_granted AND next_at = @seen_next_at;

-- name: SystemCloseIdleBreakers :exec
-- Closes the breakers that have let sends through for a while without another being asked for, and
-- forgets what nobody has asked for long.
DELETE FROM jazzhr.breakers
WHERE (opened_at IS NOT NULL AND usable > unusable AND next_at < jazzhr.now() - @after_success::interval)
    OR next_at < jazzhr.now() - @unasked::interval;

-- name: NoteOutage :one
-- Notes that the tenant is told of the outage. Returns no row if it was told already, or if no
-- breaker has been open for so long: a shorter one may be the fault of a few accounts.
INSERT INTO jazzhr.outage_notices (tenant_id, since)
SELECT @tenant_id, o.since
FROM (SELECT min(opened_at) AS since FROM jazzhr.breakers) o
WHERE o.since <= jazzhr.now() - @outage_from::interval
ON CONFLICT (tenant_id) DO NOTHING
RETURNING since;

-- name: SystemEndedOutages :many
-- Returns tenants that were told of an outage that is over: no breaker is open.
SELECT tenant_id
FROM jazzhr.outage_notices
WHERE NOT EXISTS (SELECT FROM jazzhr.breakers WHERE opened_at IS NOT NULL)
LIMIT sqlc.arg(max_rows);

-- name: EndOutage :one
DELETE FROM jazzhr.outage_notices
WHERE tenant_id = @tenant_id
RETURNING since, jazzhr.now()::timestamptz AS ended_at;

-- name: SystemWrites :many
-- Returns each kind of write, and since when it is stopped for all tenants.
SELECT
    k.kind::text AS kind,
    b.opened_at,
    coalesce(extract(epoch FROM jazzhr.now() - b.opened_at), 0)::float8 AS stopped_seconds
FROM unnest(ARRAY['create_applicant', 'link_applicant_to_job', 'write_note']) k (kind)
LEFT JOIN jazzhr.breakers b ON b.kind = k.kind
ORDER BY k.kind;
