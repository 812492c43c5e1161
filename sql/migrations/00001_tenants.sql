-- Who the customers are, how far each is connected, and what each may call.

-- +goose Up
-- All our queries take the time from here. A test can therefore move its own database's clock:
-- dbtest replaces this function there. The time is the statement's start, not the transaction's,
-- because a transaction that waited for a lock must not act on a time from before the wait.
CREATE FUNCTION jazzhr.now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN statement_timestamp();

-- Has one row. min_release_schema is the newest migration that a binary must know to work on this
-- schema. A migration that older releases cannot work with raises it.
CREATE TABLE jazzhr.schema_compat (
    only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    min_release_schema bigint NOT NULL
);
INSERT INTO jazzhr.schema_compat (min_release_schema) VALUES (1);

CREATE TABLE jazzhr.tenants (
    tenant_id       uuid PRIMARY KEY,
    external_id     text,
    name            text NOT NULL,
    region          text NOT NULL CONSTRAINT tenants_region_check CHECK (region IN ('us', 'eu')),
    -- Three separate facts. The state that is shown is derived from them.
    connection      text NOT NULL DEFAULT 'created' CONSTRAINT tenants_connection_check
                    CHECK (connection IN ('created', 'awaiting_verify', 'verified', 'disconnected')),
    key_state       text NOT NULL DEFAULT 'none' CONSTRAINT tenants_key_state_check
                    CHECK (key_state IN ('none', 'ok', 'rejected')),
    paused_at       timestamptz,
    -- The JazzHR key, sealed. Its version tells whether a refusal was of the present key or of one
    -- before it.
    key_sealed      bytea,
    key_fingerprint bytea,
    key_version     integer NOT NULL DEFAULT 0,
    key_refusals    integer NOT NULL DEFAULT 0,
    key_rejected_at timestamptz,
    key_retry_at    timestamptz,
    webhook_token   text,
    -- The route by which this account takes notes: POST /applicants/{id}/notes, or POST /notes if
    -- the first proves unknown there.
    note_route      text NOT NULL DEFAULT 'applicant' CONSTRAINT tenants_note_route_check
                    CHECK (note_route IN ('applicant', 'notes')),
    poll_interval   interval,
    next_poll_at    timestamptz,
    last_poll_at    timestamptz,
    last_webhook_at timestamptz,
    refused_webhooks       bigint NOT NULL DEFAULT 0,
    last_refused_at        timestamptz,
    last_refused_reason    text,
    created_at      timestamptz NOT NULL DEFAULT jazzhr.now(),
    verified_at     timestamptz,
    disconnected_at timestamptz,
    CONSTRAINT tenants_external_id_key UNIQUE (external_id),
    CONSTRAINT tenants_key_fingerprint_key UNIQUE (key_fingerprint),
    CONSTRAINT tenants_webhook_token_key UNIQUE (webhook_token)
);
CREATE INDEX tenants_next_poll_at_idx ON jazzhr.tenants (next_poll_at)
    WHERE connection = 'verified' AND key_state = 'ok' AND paused_at IS NULL;
CREATE INDEX tenants_key_retry_at_idx ON jazzhr.tenants (key_retry_at) WHERE key_state = 'rejected';

-- A tenant's webhook secrets, sealed. The newest is the current one. An older one is valid until it
-- expires. Its expiry is set when the first request comes that is signed with the current secret.
CREATE TABLE jazzhr.webhook_secrets (
    tenant_id  uuid NOT NULL REFERENCES jazzhr.tenants,
    version    integer NOT NULL,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    used_at    timestamptz,
    expires_at timestamptz,
    PRIMARY KEY (tenant_id, version)
);

-- The calls that a tenant may still make: a token bucket. closed_until is set after JazzHR answered
-- 429.
CREATE TABLE jazzhr.call_buckets (
    tenant_id    uuid PRIMARY KEY REFERENCES jazzhr.tenants,
    tokens       double precision NOT NULL,
    refilled_at  timestamptz NOT NULL,
    closed_until timestamptz
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE jazzhr.call_buckets, jazzhr.webhook_secrets, jazzhr.tenants, jazzhr.schema_compat;
DROP FUNCTION jazzhr.now();
