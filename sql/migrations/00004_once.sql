-- What people decided about rows that needed a person, and whether the ledger is trusted.

-- +goose Up
CREATE TABLE jazzhr.decisions (
    tenant_id   uuid NOT NULL REFERENCES jazzhr.tenants,
    decision_id uuid NOT NULL,
    item_id     uuid NOT NULL,   -- the writeback or webhook
    problem     text NOT NULL,   -- why it needed a person
    decision    text NOT NULL CONSTRAINT decisions_decision_check CHECK (decision IN ('adopt', 'resend', 'abandon')),
    remote_id   text,
    decided_by  text NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, decision_id)
);

-- While there is a row here, the ledger is not trusted: after a restore, or a failover that lost
-- commits, JazzHR may hold what Postgres has forgotten. Every effect is then looked for in JazzHR
-- before its first send.
CREATE TABLE jazzhr.distrust (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    since    timestamptz NOT NULL DEFAULT jazzhr.now()
);

-- +goose Down
DROP TABLE jazzhr.distrust, jazzhr.decisions;
