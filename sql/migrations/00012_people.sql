-- Two people may share an email: a create is for an email and a name.

-- +goose Up
-- The key of a create is the normalised email, a space and the folded name; before, it was the email
-- alone. This index finds all creates of an email.
CREATE INDEX effects_email_idx ON jazzhr.effects (tenant_id, split_part(key, ' ', 1))
    WHERE kind = 'create_applicant';
-- Proposes namesakes whom JazzHR's own search by name may miss.
CREATE INDEX applicants_name_idx ON jazzhr.applicants (tenant_id, folded_name) WHERE gone_at IS NULL;

ALTER TABLE jazzhr.effects DROP CONSTRAINT effects_problem_check;
-- Sends go on for three days.
UPDATE jazzhr.effects SET problem = 'not_taken' WHERE problem = 'sent_three_times';
UPDATE jazzhr.steps SET last_error = 'not_taken' WHERE last_error = 'sent_three_times';
UPDATE jazzhr.writebacks SET last_error = 'not_taken' WHERE last_error = 'sent_three_times';
ALTER TABLE jazzhr.effects ADD CONSTRAINT effects_problem_check CHECK (
    problem IN (
        'two_matches', 'not_comparable', 'other_name', 'too_many_matches', 'no_control', 'not_visible',
        'not_taken', 'applicant_gone', 'applicant_unresolved', 'jazzhr_unreadable',
        'answer_without_id'
    )
);
-- A release before this one takes whoever has the email for the person.
UPDATE jazzhr.schema_compat SET min_release_schema = 12;

-- +goose Down
UPDATE jazzhr.schema_compat SET min_release_schema = 11;
UPDATE jazzhr.effects SET problem = 'not_comparable' WHERE problem = 'other_name';
ALTER TABLE jazzhr.effects DROP CONSTRAINT effects_problem_check;
UPDATE jazzhr.effects SET problem = 'sent_three_times' WHERE problem = 'not_taken';
UPDATE jazzhr.steps SET last_error = 'sent_three_times' WHERE last_error = 'not_taken';
UPDATE jazzhr.writebacks SET last_error = 'sent_three_times' WHERE last_error = 'not_taken';
ALTER TABLE jazzhr.effects ADD CONSTRAINT effects_problem_check CHECK (
    problem IN (
        'two_matches', 'not_comparable', 'too_many_matches', 'no_control', 'not_visible',
        'sent_three_times', 'applicant_gone', 'applicant_unresolved', 'jazzhr_unreadable',
        'answer_without_id'
    )
);
DROP INDEX jazzhr.applicants_name_idx;
DROP INDEX jazzhr.effects_email_idx;
