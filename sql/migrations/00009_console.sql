-- What people did through the console and the API's connect links.

-- +goose Up
-- One row for each action of a person. It holds no secret and no personal data: what was acted on
-- is named by its id.
CREATE TABLE jazzhr.actions (
    action_id uuid PRIMARY KEY,   -- of version 7, so that ids are in the order of time
    tenant_id uuid REFERENCES jazzhr.tenants,  -- null if it concerns no tenant, such as a sign-in
    at        timestamptz NOT NULL DEFAULT jazzhr.now(),
    who       text NOT NULL,
    what      text NOT NULL,      -- one of a closed set in package console
    target    text,               -- what was acted on: an id of ours or of JazzHR's
    result    text NOT NULL CONSTRAINT actions_result_check CHECK (result IN ('done', 'refused', 'failed')),
    detail    text                -- how it was done, or why not, in plain words
);
CREATE INDEX actions_tenant_idx ON jazzhr.actions (tenant_id, action_id DESC);

-- Events that Intrvio never took. They are few, and the console asks for them every few seconds.
CREATE INDEX events_failed_idx ON jazzhr.events (created_at) WHERE state = 'failed';

-- Webhooks and cases of all tenants, in the order in which they came.
CREATE INDEX webhooks_state_idx ON jazzhr.webhooks (state, webhook_id);
CREATE INDEX webhooks_problem_idx ON jazzhr.webhooks (problem, webhook_id) WHERE problem IS NOT NULL;
CREATE INDEX writebacks_person_idx ON jazzhr.writebacks (writeback_id) WHERE state = 'attention';
CREATE INDEX decisions_item_idx ON jazzhr.decisions (tenant_id, item_id);
CREATE INDEX tenants_refused_idx ON jazzhr.tenants (last_refused_at) WHERE last_refused_at IS NOT NULL;

-- When a person last had a webhook resolved again. It then asks for no interview that it asked for
-- before.
ALTER TABLE jazzhr.webhooks ADD COLUMN replayed_at timestamptz;

-- Intrvio's support looks for people across tenants. Names are compared without case, accents and
-- punctuation.
CREATE FUNCTION jazzhr.fold_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(regexp_replace(lower(normalize(name, NFKD)), '[\u0300-\u036f''’ʼ]', '', 'g'),
        '[[:space:]!-/:-@\[-`{-~]+', ' ', 'g'));
-- If the server does not keep texts in UTF-8, this fails now and not at the first name.
SELECT jazzhr.fold_name('é');

-- The least id of version 7 of a moment. With it rows that have such ids are counted by day without
-- an index on a time.
CREATE FUNCTION jazzhr.first_id(at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN rpad(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid;

CREATE INDEX interview_requests_find_email_idx ON jazzhr.interview_requests (email);
CREATE INDEX interview_requests_find_name_idx ON jazzhr.interview_requests
    (jazzhr.fold_name(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) text_pattern_ops);
CREATE INDEX interview_requests_find_last_name_idx ON jazzhr.interview_requests (jazzhr.fold_name(last_name) text_pattern_ops);
CREATE INDEX interview_requests_find_applicant_idx ON jazzhr.interview_requests (applicant_id);
CREATE INDEX interview_requests_find_job_idx ON jazzhr.interview_requests (job_id, created_at);
CREATE INDEX interview_requests_webhook_idx ON jazzhr.interview_requests (tenant_id, webhook_id) WHERE webhook_id IS NOT NULL;
-- A writeback changes often, and each change costs every index of the table. So writebacks that
-- answer a request are found through the request.
CREATE INDEX writebacks_find_applicant_idx ON jazzhr.writebacks (applicant_id);
CREATE INDEX writebacks_find_email_idx ON jazzhr.writebacks (lower(email)) WHERE request_id IS NULL;
CREATE INDEX writebacks_find_name_idx ON jazzhr.writebacks
    (jazzhr.fold_name(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) text_pattern_ops) WHERE request_id IS NULL;
CREATE INDEX writebacks_find_last_name_idx ON jazzhr.writebacks (jazzhr.fold_name(last_name) text_pattern_ops) WHERE request_id IS NULL;
CREATE INDEX writebacks_find_job_idx ON jazzhr.writebacks (job_id, created_at) WHERE request_id IS NULL;
CREATE INDEX applicants_find_email_idx ON jazzhr.applicants (email);
CREATE INDEX applicants_find_name_idx ON jazzhr.applicants (folded_name text_pattern_ops);
CREATE INDEX applicants_find_last_name_idx ON jazzhr.applicants (split_part(folded_name, ' ', -1) text_pattern_ops);
CREATE INDEX stage_entries_applicant_idx ON jazzhr.stage_entries (tenant_id, applicant_id);
-- What Intrvio was told about a request, a webhook or a writeback.
CREATE INDEX events_subject_idx ON jazzhr.events
    (tenant_id, coalesce(data ->> 'request_id', data ->> 'webhook_id', data ->> 'writeback_id'))
    WHERE type IN ('candidate.exported', 'interview.requested', 'writeback.completed', 'writeback.rejected', 'writeback.attention');
-- What a job is about. Polls, which are most of the jobs, are not in it.
CREATE INDEX river_job_subject_idx ON jazzhr.river_job ((coalesce(args ->> 'writeback_id', args ->> 'webhook_id', args ->> 'activity_id')))
    WHERE kind IN ('create_applicant', 'link_applicant_to_job', 'write_notes', 'resolve_export', 'resolve_stage_entry');

-- +goose Down
DROP INDEX jazzhr.river_job_subject_idx;
DROP INDEX jazzhr.events_subject_idx, jazzhr.stage_entries_applicant_idx, jazzhr.applicants_find_last_name_idx,
    jazzhr.applicants_find_name_idx, jazzhr.applicants_find_email_idx, jazzhr.writebacks_find_job_idx,
    jazzhr.writebacks_find_last_name_idx, jazzhr.writebacks_find_name_idx, jazzhr.writebacks_find_email_idx,
    jazzhr.writebacks_find_applicant_idx, jazzhr.interview_requests_webhook_idx,
    jazzhr.interview_requests_find_job_idx, jazzhr.interview_requests_find_applicant_idx,
    jazzhr.interview_requests_find_last_name_idx, jazzhr.interview_requests_find_name_idx,
    jazzhr.interview_requests_find_email_idx;
DROP FUNCTION jazzhr.first_id(timestamptz), jazzhr.fold_name(text);
ALTER TABLE jazzhr.webhooks DROP COLUMN replayed_at;
DROP INDEX jazzhr.tenants_refused_idx, jazzhr.decisions_item_idx, jazzhr.writebacks_person_idx, jazzhr.webhooks_problem_idx,
    jazzhr.webhooks_state_idx;
DROP INDEX jazzhr.events_failed_idx;
DROP TABLE jazzhr.actions;
