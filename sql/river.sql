-- River's tables as far as our queries use them, for sqlc to check the queries against. River's own
-- migrations (rivermigrate) make the tables. A test in package db compares this file with what they
-- make.

CREATE SCHEMA jazzhr;

CREATE TYPE jazzhr.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);

CREATE TABLE jazzhr.river_job (
    id           bigserial PRIMARY KEY,
    state        jazzhr.river_job_state NOT NULL,
    attempt      smallint NOT NULL,
    max_attempts smallint NOT NULL,
    attempted_at timestamptz,
    created_at   timestamptz NOT NULL,
    finalized_at timestamptz,
    attempted_by text[],
    priority     smallint NOT NULL,
    args         jsonb NOT NULL,
    errors       jsonb[],
    kind         text NOT NULL,
    queue        text NOT NULL,
    scheduled_at timestamptz NOT NULL
);

CREATE UNLOGGED TABLE jazzhr.river_leader (
    leader_id  text NOT NULL,
    elected_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE jazzhr.river_queue (
    name      text NOT NULL,
    paused_at timestamptz
);
