-- Lists that are polled besides activities, and interviews that a move to a stage asks for.

-- +goose Up
ALTER TABLE jazzhr.poll_cursors DROP CONSTRAINT poll_cursors_list_check;
ALTER TABLE jazzhr.poll_cursors
    ADD CONSTRAINT poll_cursors_list_check CHECK (list IN ('activities', 'applicants', 'links', 'openings')),
    ADD COLUMN passed_at   timestamptz,                 -- end of the last complete incremental pass
    -- The newest day of the first complete pass. What is older was there before us. Null if there
    -- was no such pass.
    ADD COLUMN baseline_day date,
    -- A hash of the ids on the list's first page in the last complete pass. While the list begins
    -- with the same ids, it has nothing new.
    ADD COLUMN head        bytea,
    -- A full pass reads the list from end to end. The first one takes in what was there before us,
    -- and goes on where it was stopped. Each later one counts what the incremental passes missed.
    ADD COLUMN full_page   integer NOT NULL DEFAULT 0,  -- last page that the first full pass read
    ADD COLUMN full_rows   bigint NOT NULL DEFAULT 0,   -- rows in the last complete full pass
    ADD COLUMN full_missed bigint NOT NULL DEFAULT 0,   -- of these, rows that had been missed
    ADD COLUMN full_at     timestamptz;                 -- its end; null until the first is complete
-- Which of the earlier passes was the first is not known any more.
UPDATE jazzhr.poll_cursors SET baseline_day = newest_day;

ALTER TABLE jazzhr.tenants
    ADD COLUMN next_openings_at timestamptz,
    ADD COLUMN next_full_at     timestamptz;
CREATE INDEX tenants_next_openings_at_idx ON jazzhr.tenants (next_openings_at)
    WHERE connection = 'verified' AND key_state = 'ok' AND paused_at IS NULL;
CREATE INDEX tenants_next_full_at_idx ON jazzhr.tenants (next_full_at)
    WHERE connection = 'verified' AND key_state = 'ok' AND paused_at IS NULL;
UPDATE jazzhr.tenants SET next_openings_at = jazzhr.now() + random() * interval '1 hour' WHERE connection = 'verified';
-- Full passes are in the hours after midnight UTC, each tenant at a time of its own, as
-- MarkVerified sets them for new tenants.
UPDATE jazzhr.tenants SET next_full_at = date_trunc('day', jazzhr.now(), 'UTC') + interval '1 day' + random() * interval '6 hours'
    WHERE connection = 'verified';

ALTER TABLE jazzhr.applicants
    -- When a pass over the list took the applicant in, as new or as known from before. Until then
    -- we know the applicant only by name or email, or because we made it, and Intrvio was not told
    -- that it applied.
    ADD COLUMN listed_at    timestamptz,
    ADD COLUMN gone_told_at timestamptz;   -- when Intrvio was told that it is gone

-- The mirror of /jobs, as far as events about openings tell of it.
ALTER TABLE jazzhr.openings
    ADD COLUMN department text NOT NULL DEFAULT '',
    ADD COLUMN city       text NOT NULL DEFAULT '',
    ADD COLUMN state      text NOT NULL DEFAULT '',
    ADD COLUMN country_id text NOT NULL DEFAULT '',
    ADD COLUMN gone_at    timestamptz;   -- when it was no longer in JazzHR's list

-- The mirror of /applicants2jobs. JazzHR's id makes each link one event.
CREATE TABLE jazzhr.links (
    tenant_id    uuid NOT NULL REFERENCES jazzhr.tenants,
    link_id      text NOT NULL,
    applicant_id text NOT NULL,
    job_id       text NOT NULL,
    linked_on    date,
    first_seen_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, link_id)
);
CREATE INDEX links_applicant_idx ON jazzhr.links (tenant_id, applicant_id);

-- Stages that were seen. An administrator chooses from them, because JazzHR has no list of stages.
CREATE TABLE jazzhr.stages (
    tenant_id     uuid NOT NULL REFERENCES jazzhr.tenants,
    stage         text NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    last_seen_at  timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, stage)
);

-- Whoever enters one of these stages after it was set is to be interviewed.
CREATE TABLE jazzhr.auto_triggers (
    tenant_id uuid NOT NULL REFERENCES jazzhr.tenants,
    stage     text NOT NULL,
    job_id    text NOT NULL DEFAULT '',   -- empty for every job
    set_at    timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, stage, job_id)
);

-- Moves to such a stage. A row is the work of finding out which applicant and job the move is
-- about. Its columns of work are those of webhooks.
CREATE TABLE jazzhr.stage_entries (
    tenant_id       uuid NOT NULL REFERENCES jazzhr.tenants,
    activity_id     text NOT NULL,
    applicant_id    text NOT NULL,
    stage           text NOT NULL,
    job_title       text NOT NULL,
    state           text NOT NULL DEFAULT 'pending' CONSTRAINT stage_entries_state_check
                    CHECK (state IN ('pending', 'done')),
    -- requested: the move made the request. matched: the webhook of the same move made it. Other
    -- values say why there is no request.
    outcome         text,
    request_id      uuid,
    first_seen_at   timestamptz NOT NULL DEFAULT jazzhr.now(),
    done_at         timestamptz,
    admitted_at     timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    waiting_for     text,
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text,
    PRIMARY KEY (tenant_id, activity_id)
);
CREATE INDEX stage_entries_waiting_idx ON jazzhr.stage_entries (tenant_id, next_attempt_at, first_seen_at)
    WHERE state = 'pending' AND admitted_at IS NULL;
CREATE INDEX stage_entries_admitted_idx ON jazzhr.stage_entries (tenant_id, admitted_at)
    WHERE state = 'pending' AND admitted_at IS NOT NULL;
CREATE INDEX stage_entries_seen_idx ON jazzhr.stage_entries (tenant_id, first_seen_at);

-- An export and a stage entry of one applicant and job are one request, whichever came first. The
-- columns say which they are and when each was first seen.
ALTER TABLE jazzhr.interview_requests
    ADD COLUMN activity_id      text,
    ADD COLUMN webhook_seen_at  timestamptz,
    ADD COLUMN activity_seen_at timestamptz;
CREATE INDEX interview_requests_applicant_idx ON jazzhr.interview_requests (tenant_id, applicant_id, created_at);
CREATE INDEX interview_requests_email_idx ON jazzhr.interview_requests (tenant_id, email, created_at);

-- +goose Down
DROP INDEX jazzhr.interview_requests_email_idx, jazzhr.interview_requests_applicant_idx;
ALTER TABLE jazzhr.interview_requests DROP COLUMN activity_seen_at, DROP COLUMN webhook_seen_at, DROP COLUMN activity_id;
DROP TABLE jazzhr.stage_entries, jazzhr.auto_triggers, jazzhr.stages, jazzhr.links;
ALTER TABLE jazzhr.openings DROP COLUMN gone_at, DROP COLUMN country_id, DROP COLUMN state, DROP COLUMN city,
    DROP COLUMN department;
ALTER TABLE jazzhr.applicants DROP COLUMN gone_told_at, DROP COLUMN listed_at;
ALTER TABLE jazzhr.tenants DROP COLUMN next_full_at, DROP COLUMN next_openings_at;
DELETE FROM jazzhr.poll_cursors WHERE list <> 'activities';
ALTER TABLE jazzhr.poll_cursors DROP COLUMN full_at, DROP COLUMN full_missed, DROP COLUMN full_rows,
    DROP COLUMN full_page, DROP COLUMN head, DROP COLUMN baseline_day, DROP COLUMN passed_at;
ALTER TABLE jazzhr.poll_cursors DROP CONSTRAINT poll_cursors_list_check;
ALTER TABLE jazzhr.poll_cursors ADD CONSTRAINT poll_cursors_list_check CHECK (list IN ('activities'));
