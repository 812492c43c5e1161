-- name: SystemInsertAction :exec
INSERT INTO jazzhr.actions (
    tenant_id,
    action_id,
    who,
    what,
    target,
    result,
    detail,
    actor_kind,
    actor_id,
    address,
    request_id,
    changes,
    times
)
VALUES (
    sqlc.narg(tenant_id),
    @action_id,
    @who,
    @what,
    sqlc.narg(target),
    @result,
    sqlc.narg(detail),
    sqlc.narg(actor_kind),
    sqlc.narg(actor_id),
    sqlc.narg(address),
    sqlc.narg(request_id),
    sqlc.narg(changes),
    @times
);

-- name: SystemActions :many
-- Returns the actions before a given one, the newest first. A filter that is null takes all.
SELECT sqlc.embed(a), t.name AS tenant_name
FROM jazzhr.actions a
LEFT JOIN jazzhr.tenants t ON t.tenant_id = a.tenant_id
WHERE a.action_id < @before
    AND (sqlc.narg(since)::timestamptz IS NULL OR a.action_id >= jazzhr.first_id(sqlc.narg(since)))
    AND (sqlc.narg(until)::timestamptz IS NULL OR a.action_id < jazzhr.first_id(sqlc.narg(until)))
    AND (sqlc.narg(tenants)::uuid[] IS NULL OR a.tenant_id = ANY (sqlc.narg(tenants)))
    AND (sqlc.narg(actor)::text IS NULL OR a.who = sqlc.narg(actor) OR a.actor_id = sqlc.narg(actor))
    AND (sqlc.narg(what)::text IS NULL OR a.what = sqlc.narg(what))
ORDER BY a.action_id DESC
LIMIT sqlc.arg(max_rows);

-- name: SystemActionsAfter :many
-- Returns the actions after a given one, the oldest first, for an export.
SELECT a.*
FROM jazzhr.actions a
WHERE a.action_id > @after
    AND (sqlc.narg(since)::timestamptz IS NULL OR a.action_id >= jazzhr.first_id(sqlc.narg(since)))
    AND (sqlc.narg(until)::timestamptz IS NULL OR a.action_id < jazzhr.first_id(sqlc.narg(until)))
    AND (sqlc.narg(tenants)::uuid[] IS NULL OR a.tenant_id = ANY (sqlc.narg(tenants)))
ORDER BY a.action_id
LIMIT sqlc.arg(max_rows);

-- name: SystemUnchainedActions :many
SELECT a.*
FROM jazzhr.actions a
WHERE a.position IS NULL
ORDER BY a.action_id
LIMIT sqlc.arg(max_rows);

-- name: SystemChainedActions :many
-- Returns the actions after a position of the chain, in its order.
SELECT a.*
FROM jazzhr.actions a
WHERE a.position > @after::bigint
ORDER BY a.position
LIMIT sqlc.arg(max_rows);

-- name: SystemRecordChain :one
SELECT c.* FROM jazzhr.record_chain c;

-- name: SystemLockRecordChain :one
-- Whoever chains or purges holds the chain.
SELECT c.* FROM jazzhr.record_chain c FOR UPDATE;

-- name: SystemChainActions :exec
UPDATE jazzhr.actions a
SET position = u.position, hash = u.hash
FROM (
    SELECT
        unnest(@action_ids::uuid[]) AS action_id,
        unnest(@positions::bigint[]) AS position,
        unnest(@hashes::bytea[]) AS hash
) u
WHERE a.action_id = u.action_id;

-- name: SystemMoveRecordHead :exec
UPDATE jazzhr.record_chain SET head_position = @position, head_hash = @hash;

-- name: SystemMoveRecordBase :exec
UPDATE jazzhr.record_chain SET base_position = @position, base_hash = @hash;

-- name: SystemAllowRecordPurge :exec
-- Lets the transaction delete rows of the record.
SELECT set_config('jazzhr.purges_record', 'on', true);

-- name: SystemPurgeActions :execrows
DELETE FROM jazzhr.actions WHERE position <= @last::bigint;

-- name: SystemRecordKept :one
-- Returns the start of the day from which on the record is kept.
SELECT (date_trunc('day', (jazzhr.now() - @retention::interval) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')::timestamptz AS kept_from;
