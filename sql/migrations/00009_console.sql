-- What people did through the console and the API's connect links.

-- +goose Up
-- One row for each action of a person. It holds no secret and no personal data: what was acted on stands there by its id.
CREATE TABLE jazzhr.actions (
    action_id uuid PRIMARY KEY,   -- of version 7: its order is that of time
    tenant_id uuid REFERENCES jazzhr.tenants,  -- null where it concerns no tenant, as a sign-in
    at        timestamptz NOT NULL DEFAULT jazzhr.now(),
    who       text NOT NULL,
    what      text NOT NULL,      -- of the closed set in package console
    target    text,               -- on what: an id of ours or of JazzHR's
    result    text NOT NULL CONSTRAINT actions_result_check CHECK (result IN ('done', 'refused', 'failed')),
    detail    text                -- how, or why not, in plain words
);
CREATE INDEX actions_tenant_idx ON jazzhr.actions (tenant_id, action_id DESC);

-- Events that Intrvio did not take in the end are few, and the console asks for them every few seconds.
CREATE INDEX events_failed_idx ON jazzhr.events (created_at) WHERE state = 'failed';

-- +goose Down
DROP INDEX jazzhr.events_failed_idx;
DROP TABLE jazzhr.actions;
