-- A circuit breaker for each kind of write to JazzHR, over all tenants and processes, and the steps of
-- the database's clock.

-- +goose Up
-- A kind without a row is closed, and nothing was unusable lately: rows are only written in trouble.
-- opened_at is null while answers are counted. Then next_at is when the next send may leave, granted
-- and usable count the sends that were let through since the last outage of answers and what came of
-- them, and prober is the tenant of the last one.
CREATE TABLE jazzhr.breakers (
    kind      text PRIMARY KEY CHECK (kind IN ('create_applicant', 'link_applicant_to_job', 'write_note')),
    failures  int NOT NULL DEFAULT 0,
    tenants   uuid[] NOT NULL DEFAULT '{}',
    opened_at timestamptz,
    next_at   timestamptz NOT NULL DEFAULT jazzhr.now(),
    probes    int NOT NULL DEFAULT 0,
    prober    uuid,
    granted   int NOT NULL DEFAULT 0,
    usable    int NOT NULL DEFAULT 0,
    unusable  int NOT NULL DEFAULT 0
);

-- The tenants that were told of the present outage, and are to be told of its end.
CREATE TABLE jazzhr.outage_notices (
    tenant_id uuid PRIMARY KEY REFERENCES jazzhr.tenants,
    since     timestamptz NOT NULL
);

-- The clock that processes compare with their monotonic ones. jazzhr.now() is the same, but tests
-- let time pass by moving that one, which is no step.
CREATE FUNCTION jazzhr.clock() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN statement_timestamp();

-- Has at most one row: the last step of the clock. Quiet periods begin anew at stepped_at. beyond,
-- unless it is null, says that what waits for longer than this is still to be brought back.
CREATE TABLE jazzhr.clock_steps (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    stepped_at timestamptz NOT NULL,
    beyond     interval
);

-- A release before this one goes on beside it. It sends as if all breakers were closed, and believes
-- the clock.
ALTER TABLE jazzhr.writebacks DROP CONSTRAINT writebacks_waiting_for_check;
ALTER TABLE jazzhr.writebacks ADD CONSTRAINT writebacks_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'outage', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.webhooks DROP CONSTRAINT webhooks_waiting_for_check;
ALTER TABLE jazzhr.webhooks ADD CONSTRAINT webhooks_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'outage', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_waiting_for_check;
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'outage', 'settling', 'retry', 'earlier_step', 'person')
);

-- +goose Down
UPDATE jazzhr.writebacks SET waiting_for = 'queue' WHERE waiting_for = 'outage';
ALTER TABLE jazzhr.writebacks DROP CONSTRAINT writebacks_waiting_for_check;
ALTER TABLE jazzhr.writebacks ADD CONSTRAINT writebacks_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.webhooks DROP CONSTRAINT webhooks_waiting_for_check;
ALTER TABLE jazzhr.webhooks ADD CONSTRAINT webhooks_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_waiting_for_check;
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'settling', 'retry', 'earlier_step', 'person')
);
DROP TABLE jazzhr.clock_steps;
DROP FUNCTION jazzhr.clock();
DROP TABLE jazzhr.outage_notices;
DROP TABLE jazzhr.breakers;
