-- The API's tokens as rows: what each may do, for which tenants, until when, and who made it.

-- +goose Up
-- A row holds no secret. hash is Tink's prefix, which names a sealing key, and an HMAC-SHA-256 under a
-- key derived from that one; prefix is how the secret begins, for people to tell tokens apart. The
-- columns previous_* are of the secret before the last roll.
CREATE TABLE jazzhr.api_tokens (
    token_id            uuid PRIMARY KEY,     -- of version 7, so that ids are in the order of time
    name                text NOT NULL,
    prefix              text NOT NULL,
    hash                bytea NOT NULL CONSTRAINT api_tokens_hash_key UNIQUE,
    scopes              text[] NOT NULL CHECK (cardinality(scopes) > 0),  -- of a closed set in package token
    tenant_ids          uuid[] CHECK (cardinality(tenant_ids) > 0),       -- null is all tenants
    created_at          timestamptz NOT NULL DEFAULT jazzhr.now(),
    created_by          text NOT NULL,
    expires_at          timestamptz,
    last_used_at        timestamptz,          -- of either secret; moved at most once a minute
    revoked_at          timestamptz,
    previous_prefix     text,
    previous_hash       bytea CONSTRAINT api_tokens_previous_hash_key UNIQUE,
    previous_expires_at timestamptz,
    previous_used_at    timestamptz,          -- moved at most once a minute
    CHECK ((previous_hash IS NULL) = (previous_expires_at IS NULL)),
    CHECK ((previous_hash IS NULL) = (previous_prefix IS NULL))
);

-- +goose Down
DROP TABLE jazzhr.api_tokens;
