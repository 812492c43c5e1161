-- No list of an account, no tenant and no row takes what others need: lists take turns at the polls'
-- calls, a disconnect ends a tenant's work in batches, and what keeps failing does not go on for ever.

-- +goose Up
ALTER TABLE jazzhr.poll_cursors
    ADD COLUMN cut_page    integer,       -- where a pass was stopped; null if none was
    ADD COLUMN cut_day     date,          -- the newest day of the page that this pass began with
    ADD COLUMN turn_at     timestamptz,   -- when a pass last read more of the list than its first page
    -- The first pass since the last whole one that ended at a page without news. Such a short pass
    -- moves neither newest_day nor passed_at.
    ADD COLUMN short_since timestamptz;

ALTER TABLE jazzhr.tenants
    -- When the tick goes on with ending the work of a disconnected tenant; null if all has ended.
    ADD COLUMN end_work_at timestamptz;
CREATE INDEX tenants_end_work_at_idx ON jazzhr.tenants (end_work_at) WHERE end_work_at IS NOT NULL;

ALTER TABLE jazzhr.webhooks DROP CONSTRAINT webhooks_problem_check;
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_outcome_check;
ALTER TABLE jazzhr.effects DROP CONSTRAINT effects_problem_check;
ALTER TABLE jazzhr.webhooks ADD CONSTRAINT webhooks_problem_check CHECK (
    problem IN (
        'unreadable', 'conflict', 'jazzhr_unreadable',
        'not_found', 'two_matches', 'no_name_or_email', 'disconnected', 'keeps_failing'
    )
);
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_outcome_check CHECK (
    outcome IN (
        'requested', 'matched', 'repeated', 'other_job', 'trigger_removed', 'gone', 'disconnected',
        'keeps_failing'
    )
);
ALTER TABLE jazzhr.effects ADD CONSTRAINT effects_problem_check CHECK (
    problem IN (
        'two_matches', 'not_comparable', 'other_name', 'too_many_matches', 'no_control', 'not_visible',
        'not_taken', 'applicant_gone', 'applicant_unresolved', 'jazzhr_unreadable',
        'answer_without_id', 'keeps_failing'
    )
);

-- +goose Down
ALTER TABLE jazzhr.webhooks DROP CONSTRAINT webhooks_problem_check;
ALTER TABLE jazzhr.stage_entries DROP CONSTRAINT stage_entries_outcome_check;
ALTER TABLE jazzhr.effects DROP CONSTRAINT effects_problem_check;
UPDATE jazzhr.webhooks SET problem = 'jazzhr_unreadable' WHERE problem = 'keeps_failing';
UPDATE jazzhr.stage_entries SET outcome = 'gone' WHERE outcome = 'keeps_failing';
UPDATE jazzhr.steps SET last_error = 'jazzhr_unreadable' WHERE last_error = 'keeps_failing';
UPDATE jazzhr.writebacks SET last_error = 'jazzhr_unreadable' WHERE last_error = 'keeps_failing';
ALTER TABLE jazzhr.webhooks ADD CONSTRAINT webhooks_problem_check CHECK (
    problem IN (
        'unreadable', 'conflict', 'jazzhr_unreadable',
        'not_found', 'two_matches', 'no_name_or_email', 'disconnected'
    )
);
ALTER TABLE jazzhr.stage_entries ADD CONSTRAINT stage_entries_outcome_check CHECK (
    outcome IN (
        'requested', 'matched', 'repeated', 'other_job', 'trigger_removed', 'gone', 'disconnected'
    )
);
ALTER TABLE jazzhr.effects ADD CONSTRAINT effects_problem_check CHECK (
    problem IN (
        'two_matches', 'not_comparable', 'other_name', 'too_many_matches', 'no_control', 'not_visible',
        'not_taken', 'applicant_gone', 'applicant_unresolved', 'jazzhr_unreadable',
        'answer_without_id'
    )
);
DROP INDEX jazzhr.tenants_end_work_at_idx;
ALTER TABLE jazzhr.tenants DROP COLUMN end_work_at;
-- A cursor of a list of people that no pass has completed would be taken for one that a pass has.
DELETE FROM jazzhr.poll_cursors WHERE passes = 0 AND list IN ('applicants', 'links');
ALTER TABLE jazzhr.poll_cursors DROP COLUMN short_since, DROP COLUMN turn_at, DROP COLUMN cut_day, DROP COLUMN cut_page;
