-- What audits found: what exists more than once in a JazzHR account.

-- +goose Up
-- Audits are in the hours after midnight UTC. Each tenant has a time of its own and keeps it.
ALTER TABLE jazzhr.tenants ADD COLUMN next_audit_at timestamptz NOT NULL
    DEFAULT date_trunc('day', jazzhr.now(), 'UTC') + interval '1 day' + random() * interval '6 hours';
CREATE INDEX tenants_next_audit_at_idx ON jazzhr.tenants (next_audit_at)
    WHERE connection = 'verified' AND key_state = 'ok' AND paused_at IS NULL;

CREATE TABLE jazzhr.audits (
    tenant_id   uuid NOT NULL REFERENCES jazzhr.tenants,
    audit_id    uuid NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT jazzhr.now(),
    finished_at timestamptz,      -- null while it runs, and for ever if its process died
    latest      boolean NOT NULL DEFAULT false,  -- the latest audit that ended
    -- Copies beyond the first: of what we wrote, and of what others wrote.
    ours        integer NOT NULL DEFAULT 0,
    theirs      integer NOT NULL DEFAULT 0,
    counts      jsonb NOT NULL DEFAULT '{}',     -- the same by kind
    findings    jsonb NOT NULL DEFAULT '[]',     -- ids only
    -- Kinds that it did not get through, and why. Their findings are those of the audit before, and
    -- what was added.
    unfinished  text[] NOT NULL DEFAULT '{}',
    stopped_by  text,
    PRIMARY KEY (tenant_id, audit_id)
);
CREATE UNIQUE INDEX audits_latest_idx ON jazzhr.audits (tenant_id) WHERE latest;
CREATE INDEX audits_found_idx ON jazzhr.audits (tenant_id) INCLUDE (ours, theirs) WHERE latest AND (ours > 0 OR theirs > 0);

-- +goose Down
DROP TABLE jazzhr.audits;
ALTER TABLE jazzhr.tenants DROP COLUMN next_audit_at;
