-- name: SystemInsertAPIToken :one
INSERT INTO jazzhr.api_tokens (
    token_id,
    name,
    prefix,
    hash,
    scopes,
    tenant_ids,
    created_by,
    expires_at
)
VALUES (
    @token_id,
    @name,
    @prefix,
    @hash,
    @scopes,
    sqlc.narg(tenant_ids)::uuid[],
    @created_by,
    jazzhr.now() + sqlc.narg(lifetime)::interval
)
RETURNING *;

-- name: SystemAPITokenByHash :one
-- Returns the token of a secret. Its hash stands under any of the sealing keys.
SELECT sqlc.embed(t), jazzhr.now()::timestamptz AS now
FROM jazzhr.api_tokens t
WHERE t.hash = ANY(@hashes::bytea[]) OR t.previous_hash = ANY(@hashes::bytea[]);

-- name: SystemAPITokenForChange :one
SELECT sqlc.embed(t), jazzhr.now()::timestamptz AS now
FROM jazzhr.api_tokens t
WHERE t.token_id = @token_id
FOR NO KEY UPDATE;

-- name: SystemListAPITokens :many
-- Returns tokens in the order in which they were made. With tenants it returns those that are bound
-- to some of these and to no other.
SELECT sqlc.embed(t), jazzhr.now()::timestamptz AS now
FROM jazzhr.api_tokens t
WHERE
    t.token_id > @after
    AND (sqlc.narg(among)::uuid[] IS NULL OR t.tenant_ids <@ sqlc.narg(among)::uuid[])
ORDER BY t.token_id
LIMIT sqlc.arg(max_rows);

-- name: SystemRevokeAPIToken :one
UPDATE jazzhr.api_tokens
SET revoked_at = coalesce(revoked_at, jazzhr.now())
WHERE token_id = @token_id
RETURNING *;

-- name: SystemRollAPIToken :one
-- Gives a token a new secret. The one before lives on for the overlap, but no longer than it would
-- have, or than the new one does.
UPDATE jazzhr.api_tokens
SET
    previous_prefix = prefix,
    previous_hash = hash,
    previous_expires_at = least(
        jazzhr.now() + @overlap::interval,
        jazzhr.now() + sqlc.narg(lifetime)::interval,
        expires_at
    ),
    previous_used_at = NULL,
    prefix = @prefix,
    hash = @hash,
    expires_at = coalesce(jazzhr.now() + sqlc.narg(lifetime)::interval, expires_at)
WHERE token_id = @token_id
RETURNING *;

-- name: SystemTouchAPITokens :exec
-- Says that tokens are in use. Each row is written at most once a minute, by all processes together.
UPDATE jazzhr.api_tokens
SET last_used_at = jazzhr.now()
WHERE
    token_id = ANY(@token_ids::uuid[])
    AND (last_used_at IS NULL OR last_used_at <= jazzhr.now() - interval '1 minute');

-- name: SystemTouchPreviousSecrets :exec
UPDATE jazzhr.api_tokens
SET previous_used_at = jazzhr.now()
WHERE
    previous_hash = ANY(@hashes::bytea[])
    AND (previous_used_at IS NULL OR previous_used_at <= jazzhr.now() - interval '1 minute');

-- name: SystemRehashAPIToken :exec
UPDATE jazzhr.api_tokens SET hash = @hash WHERE hash = @was;

-- name: SystemCountStaleAPITokens :one
-- Counts live tokens of which a secret is hashed under another sealing key than the one whose prefix
-- is given.
SELECT count(*)
FROM jazzhr.api_tokens
WHERE
    revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > jazzhr.now())
    AND (
        substr(hash, 1, 5) <> @key_prefix::bytea
        OR (previous_expires_at > jazzhr.now() AND substr(previous_hash, 1, 5) <> @key_prefix::bytea)
    );

-- name: SystemKnownTenants :many
SELECT tenant_id FROM jazzhr.tenants WHERE tenant_id = ANY(@tenant_ids::uuid[]);
