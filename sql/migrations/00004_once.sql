-- What people decided about rows that needed them, and whether the ledger's memory is trusted.

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

-- While a row stands here the ledger's memory is not trusted: after a restore, or a failover that lost commits, JazzHR may
-- hold what Postgres has forgotten. Every write is looked for before its first send.
CREATE TABLE jazzhr.distrust (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    since    timestamptz NOT NULL DEFAULT jazzhr.now()
);

-- +goose Down
DROP TABLE jazzhr.distrust, jazzhr.decisions;
