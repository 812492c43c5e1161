-- Webhooks say which event of JazzHR's they are, and each outcome has one code.

-- +goose Up
-- The text of X-JazzHR-Event, as it came. The default is for releases that do not know the column.
ALTER TABLE jazzhr.webhooks ADD COLUMN event text NOT NULL DEFAULT 'CANDIDATE-EXPORT';
UPDATE jazzhr.webhooks
SET event = headers ->> 'X-JazzHR-Event'
WHERE headers ->> 'X-JazzHR-Event' <> 'CANDIDATE-EXPORT';

-- "unreadable" is a webhook's; that JazzHR could not be read for three days has a code of its own.
UPDATE jazzhr.effects SET problem = 'jazzhr_unreadable' WHERE problem = 'unreadable';
UPDATE jazzhr.steps SET last_error = 'jazzhr_unreadable' WHERE last_error = 'unreadable';
UPDATE jazzhr.writebacks SET last_error = 'jazzhr_unreadable' WHERE last_error = 'unreadable';
UPDATE jazzhr.writebacks SET last_error = 'step_rejected' WHERE last_error = 'a step was rejected';
UPDATE jazzhr.audits SET stopped_by = 'notes_hidden' WHERE stopped_by = 'unreadable';
UPDATE jazzhr.decisions d
SET problem = 'jazzhr_unreadable'
FROM jazzhr.writebacks w
WHERE d.problem = 'unreadable'
    AND w.tenant_id = d.tenant_id
    AND w.writeback_id = d.item_id;

-- The codes of package queue/outcome, which a test compares with these.
ALTER TABLE jazzhr.writebacks ADD CONSTRAINT writebacks_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.webhooks ADD CONSTRAINT webhooks_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_waiting_for_check CHECK (
    waiting_for IN ('queue', 'rate_limit', 'paused', 'credentials', 'settling', 'retry', 'earlier_step', 'person')
);
ALTER TABLE jazzhr.webhooks ADD CONSTRAINT webhooks_problem_check CHECK (
    problem IN (
        'unreadable', 'conflict', 'jazzhr_unreadable',
        'not_found', 'two_matches', 'no_name_or_email', 'disconnected'
    )
);
ALTER TABLE jazzhr.effects ADD CONSTRAINT effects_problem_check CHECK (
    problem IN (
        'two_matches', 'not_comparable', 'too_many_matches', 'no_control', 'not_visible',
        'sent_three_times', 'applicant_gone', 'applicant_unresolved', 'jazzhr_unreadable',
        'answer_without_id'
    )
);
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_outcome_check CHECK (
    outcome IN ('requested', 'matched', 'repeated', 'other_job', 'trigger_removed', 'gone', 'disconnected')
);
ALTER TABLE jazzhr.audits ADD CONSTRAINT audits_stopped_by_check CHECK (
    stopped_by IN ('time', 'paused', 'disconnected', 'credentials', 'retry', 'notes_hidden')
);
-- A release before this one stores 'unreadable' where it is not taken any more.
UPDATE jazzhr.schema_compat SET min_release_schema = 11;

-- What a job is about, whatever its kind. Polls have no place in it.
DROP INDEX jazzhr.river_job_subject_idx;
CREATE INDEX river_job_subject_idx
    ON jazzhr.river_job ((coalesce(args ->> 'writeback_id', args ->> 'webhook_id', args ->> 'activity_id')))
    WHERE coalesce(args ->> 'writeback_id', args ->> 'webhook_id', args ->> 'activity_id') IS NOT NULL;

-- +goose Down
UPDATE jazzhr.schema_compat SET min_release_schema = 1;
ALTER TABLE jazzhr.audits DROP CONSTRAINT audits_stopped_by_check;
ALTER TABLE jazzhr.stage_entries
    DROP CONSTRAINT stage_entries_outcome_check,
    DROP CONSTRAINT stage_entries_waiting_for_check;
ALTER TABLE jazzhr.effects DROP CONSTRAINT effects_problem_check;
ALTER TABLE jazzhr.webhooks
    DROP CONSTRAINT webhooks_problem_check,
    DROP CONSTRAINT webhooks_waiting_for_check;
ALTER TABLE jazzhr.writebacks DROP CONSTRAINT writebacks_waiting_for_check;
DROP INDEX jazzhr.river_job_subject_idx;
CREATE INDEX river_job_subject_idx
    ON jazzhr.river_job ((coalesce(args ->> 'writeback_id', args ->> 'webhook_id', args ->> 'activity_id')))
    WHERE kind IN ('create_applicant', 'link_applicant_to_job', 'write_notes', 'resolve_export', 'resolve_stage_entry');
UPDATE jazzhr.decisions d
SET problem = 'unreadable'
FROM jazzhr.writebacks w
WHERE d.problem = 'jazzhr_unreadable'
    AND w.tenant_id = d.tenant_id
    AND w.writeback_id = d.item_id;
UPDATE jazzhr.audits SET stopped_by = 'unreadable' WHERE stopped_by = 'notes_hidden';
UPDATE jazzhr.writebacks SET last_error = 'a step was rejected' WHERE last_error = 'step_rejected';
UPDATE jazzhr.writebacks SET last_error = 'unreadable' WHERE last_error = 'jazzhr_unreadable';
UPDATE jazzhr.steps SET last_error = 'unreadable' WHERE last_error = 'jazzhr_unreadable';
UPDATE jazzhr.effects SET problem = 'unreadable' WHERE problem = 'jazzhr_unreadable';
ALTER TABLE jazzhr.webhooks DROP COLUMN event;
