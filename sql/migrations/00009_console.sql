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

-- Webhooks and what needs a person, of all tenants in the order in which they came.
CREATE INDEX webhooks_state_idx ON jazzhr.webhooks (state, webhook_id);
CREATE INDEX webhooks_problem_idx ON jazzhr.webhooks (problem, webhook_id) WHERE problem IS NOT NULL;
CREATE INDEX writebacks_person_idx ON jazzhr.writebacks (writeback_id) WHERE state = 'attention';
CREATE INDEX decisions_item_idx ON jazzhr.decisions (tenant_id, item_id);
CREATE INDEX tenants_refused_idx ON jazzhr.tenants (last_refused_at) WHERE last_refused_at IS NOT NULL;

-- When a person last had a webhook resolved again. It then asks for no interview that it has asked for before.
ALTER TABLE jazzhr.webhooks ADD COLUMN replayed_at timestamptz;

-- +goose Down
ALTER TABLE jazzhr.webhooks DROP COLUMN replayed_at;
DROP INDEX jazzhr.tenants_refused_idx, jazzhr.decisions_item_idx, jazzhr.writebacks_person_idx, jazzhr.webhooks_problem_idx,
    jazzhr.webhooks_state_idx;
DROP INDEX jazzhr.events_failed_idx;
DROP TABLE jazzhr.actions;
