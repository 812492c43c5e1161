-- A move to a stage that keeps failing is a case, as writebacks and webhooks are: nobody was asked about
-- the interview that it lost.

-- +goose Up
-- A move is known by JazzHR's id of its activity. As a case it has an id of its own, made when it first
-- becomes one, which it keeps. A release before this one goes on beside it: it leaves cases alone, also
-- at a disconnect, and ends moves that keep failing as done.
ALTER TABLE jazzhr.stage_entries
    ADD COLUMN case_id   uuid,
    ADD COLUMN resent_at timestamptz; -- when a person last had the move tried again
CREATE UNIQUE INDEX stage_entries_case_key ON jazzhr.stage_entries (tenant_id, case_id) WHERE case_id IS NOT NULL;
CREATE INDEX stage_entries_attention_idx ON jazzhr.stage_entries (tenant_id, case_id) WHERE state = 'attention';

ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_state_check;
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_outcome_check;
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_state_check CHECK (
    state IN ('pending', 'done', 'attention')
);
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_outcome_check CHECK (
    outcome IN (
        'requested', 'matched', 'repeated', 'other_job', 'trigger_removed', 'gone', 'disconnected',
        'abandoned', 'keeps_failing'
    )
);

-- What has failed so far needs a person too, unless the customer has left. Ids are in the order of time.
UPDATE jazzhr.stage_entries s
SET
    state = 'attention',
    case_id = overlay(gen_random_uuid()::text PLACING left(jazzhr.first_id(s.done_at)::text, 13) FROM 1)::uuid
FROM jazzhr.tenants t
WHERE s.tenant_id = t.tenant_id
    AND s.state = 'done'
    AND s.outcome = 'keeps_failing'
    AND s.done_at IS NOT NULL
    AND t.connection <> 'disconnected';

-- +goose Down
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_outcome_check;
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_state_check;
UPDATE jazzhr.stage_entries SET state = 'done' WHERE state = 'attention';
UPDATE jazzhr.stage_entries SET outcome = 'keeps_failing' WHERE outcome = 'abandoned';
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_state_check CHECK (state IN ('pending', 'done'));
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_outcome_check CHECK (
    outcome IN (
        'requested', 'matched', 'repeated', 'other_job', 'trigger_removed', 'gone', 'disconnected',
        'keeps_failing'
    )
);
DROP INDEX jazzhr.stage_entries_attention_idx, jazzhr.stage_entries_case_key;
ALTER TABLE jazzhr.stage_entries DROP COLUMN resent_at, DROP COLUMN case_id;
