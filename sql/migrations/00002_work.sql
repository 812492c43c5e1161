-- What comes in, what goes out, and the ledger of every write to JazzHR.
--
-- Rows that are work (webhooks, writebacks, events) share some columns. admitted_at is set while a
-- River job exists for the row. next_attempt_at is when the row may go on. waiting_for says why it
-- waits.

-- +goose Up
-- People and openings that we know in JazzHR. They are our index by email, and they prove that a
-- new key belongs to the same account.
CREATE TABLE jazzhr.applicants (
    tenant_id    uuid NOT NULL REFERENCES jazzhr.tenants,
    applicant_id text NOT NULL,
    email        text,          -- normalised; null until the applicant's detail was read
    folded_name  text,
    read_at      timestamptz,   -- when the email was last read from (or written to) JazzHR
    gone_at      timestamptz,
    created_at   timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, applicant_id)
);
CREATE INDEX applicants_email_idx ON jazzhr.applicants (tenant_id, email) WHERE gone_at IS NULL;

CREATE TABLE jazzhr.openings (
    tenant_id  uuid NOT NULL REFERENCES jazzhr.tenants,
    job_id     text NOT NULL,
    board_code text,
    title      text NOT NULL,
    status     text NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, job_id)
);
CREATE INDEX openings_board_code_idx ON jazzhr.openings (tenant_id, board_code);

-- A webhook names a person by JazzHR's internal number, not by the API's id. This table keeps which
-- number is which applicant.
CREATE TABLE jazzhr.people (
    tenant_id    uuid NOT NULL REFERENCES jazzhr.tenants,
    person_id    text NOT NULL,
    applicant_id text,
    email        text,
    updated_at   timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, person_id)
);

-- Received exports. A row makes the webhook idempotent, and is the work of resolving it.
CREATE TABLE jazzhr.webhooks (
    tenant_id       uuid NOT NULL REFERENCES jazzhr.tenants,
    webhook_id      uuid NOT NULL,
    -- 'uuid:<X-JazzHR-UUID>', or 'hash:<body>' if it came without one, or 'conflict:<uuid>:<body>'
    -- if it has other bytes under a UUID that was used before. A hash serves for 3 hours. Then the
    -- row's key is changed, so that the same bytes are a new export.
    dedup_key       text NOT NULL,
    body_hash       bytea NOT NULL,
    body            bytea,      -- emptied after PAYLOAD_RETENTION
    headers         jsonb NOT NULL,
    export_context  text,
    state           text NOT NULL CONSTRAINT webhooks_state_check
                    CHECK (state IN ('pending', 'done', 'attention')),
    problem         text,       -- why it needs a person: one of a closed set of codes
    received_at     timestamptz NOT NULL DEFAULT jazzhr.now(),
    done_at         timestamptz,
    admitted_at     timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    waiting_for     text,
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text,
    PRIMARY KEY (tenant_id, webhook_id),
    CONSTRAINT webhooks_dedup_key UNIQUE (tenant_id, dedup_key)
);
CREATE INDEX webhooks_waiting_idx ON jazzhr.webhooks (tenant_id, next_attempt_at, received_at)
    WHERE state = 'pending' AND admitted_at IS NULL;
CREATE INDEX webhooks_admitted_idx ON jazzhr.webhooks (tenant_id, admitted_at)
    WHERE state = 'pending' AND admitted_at IS NOT NULL;
CREATE INDEX webhooks_attention_idx ON jazzhr.webhooks (tenant_id) WHERE state = 'attention';
CREATE INDEX webhooks_body_idx ON jazzhr.webhooks (received_at) WHERE body IS NOT NULL;

-- What Intrvio was asked to do: interview this person for this job. A writeback names the request
-- to say whom it is about.
CREATE TABLE jazzhr.interview_requests (
    tenant_id    uuid NOT NULL REFERENCES jazzhr.tenants,
    request_id   uuid NOT NULL,
    trigger      text NOT NULL CONSTRAINT interview_requests_trigger_check CHECK (trigger IN ('export', 'stage')),
    webhook_id   uuid,
    person_id    text NOT NULL,
    applicant_id text,
    job_id       text,
    job_key      text NOT NULL,  -- the job's id if resolved, else how the webhook names the job
    email        text,
    first_name   text,
    last_name    text,
    created_at   timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX interview_requests_person_idx ON jazzhr.interview_requests (tenant_id, person_id, job_key, created_at);

CREATE TABLE jazzhr.writebacks (
    tenant_id       uuid NOT NULL REFERENCES jazzhr.tenants,
    writeback_id    uuid NOT NULL,
    interview_id    text NOT NULL,
    revision        integer NOT NULL,
    content_hash    bytea NOT NULL,
    request_id      uuid,
    candidate_id    text NOT NULL,
    applicant_id    text,        -- given, from the request, or found or made by the first step
    applicant_given boolean NOT NULL,  -- if true, no applicant is ever created
    first_name      text,
    last_name       text,
    email           text,        -- as given
    phone           text,
    source          text,
    job_id          text,
    board_code      text,
    note            jsonb,       -- score, scale, summary, url
    transcript      text,        -- emptied PAYLOAD_RETENTION after it was written; the hash stays
    state           text NOT NULL DEFAULT 'pending' CONSTRAINT writebacks_state_check
                    CHECK (state IN ('pending', 'done', 'rejected', 'attention')),
    -- The next step, which the row's job will do.
    step            text NOT NULL CONSTRAINT writebacks_step_check
                    CHECK (step IN ('create_applicant', 'link_applicant_to_job', 'write_notes')),
    part            integer NOT NULL DEFAULT 1,
    begun           boolean NOT NULL DEFAULT false,  -- a first step was taken; such rows go first
    created_at      timestamptz NOT NULL DEFAULT jazzhr.now(),
    done_at         timestamptz,
    admitted_at     timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    waiting_for     text,
    waiting_effect  uuid,        -- the effect of another writeback that this one waits for
    attempts        integer NOT NULL DEFAULT 0,
    failing_since   timestamptz, -- since when all reads have failed
    last_error      text,
    PRIMARY KEY (tenant_id, writeback_id),
    CONSTRAINT writebacks_interview_key UNIQUE (tenant_id, interview_id, revision)
);
CREATE INDEX writebacks_waiting_idx ON jazzhr.writebacks (tenant_id, begun DESC, created_at)
    WHERE state = 'pending' AND admitted_at IS NULL;
CREATE INDEX writebacks_admitted_idx ON jazzhr.writebacks (tenant_id, admitted_at)
    WHERE state = 'pending' AND admitted_at IS NOT NULL;
CREATE INDEX writebacks_attention_idx ON jazzhr.writebacks (tenant_id) WHERE state = 'attention';
CREATE INDEX writebacks_effect_idx ON jazzhr.writebacks (tenant_id, waiting_effect) WHERE waiting_effect IS NOT NULL;
CREATE INDEX writebacks_transcript_idx ON jazzhr.writebacks (done_at) WHERE transcript IS NOT NULL;

-- The ledger of writes: one row for each effect, unique by what must be unique in JazzHR.
CREATE TABLE jazzhr.effects (
    tenant_id     uuid NOT NULL REFERENCES jazzhr.tenants,
    effect_id     uuid NOT NULL,
    kind          text NOT NULL CONSTRAINT effects_kind_check
                  CHECK (kind IN ('create_applicant', 'link_applicant_to_job', 'write_note')),
    -- By kind: the normalised email, applicant/job, or interview/revision/part.
    key           text NOT NULL,
    state         text NOT NULL DEFAULT 'planned' CONSTRAINT effects_state_check
                  CHECK (state IN ('planned', 'sending', 'unknown', 'done', 'rejected', 'attention')),
    send_token    uuid,          -- of the last send
    sent_by       uuid,          -- the writeback that sent it last: a rejection is final for it
    not_after     timestamptz,   -- of the last send: no byte of it leaves later
    sends         integer NOT NULL DEFAULT 0,
    first_sent_at timestamptz,
    absent_reads  integer NOT NULL DEFAULT 0,   -- since the last send
    absent_at     timestamptz,
    remote_id     text,
    adopted       boolean NOT NULL DEFAULT false,
    -- JazzHR's refusal of the last send. It counts only after a read showed that nothing is there.
    refusal       text,
    problem       text,          -- why it needs a person
    evidence      jsonb NOT NULL DEFAULT '[]',
    created_at    timestamptz NOT NULL DEFAULT jazzhr.now(),
    settled_at    timestamptz,
    PRIMARY KEY (tenant_id, effect_id),
    CONSTRAINT effects_key UNIQUE (tenant_id, kind, key)
) WITH (fillfactor = 70);
CREATE INDEX effects_attention_idx ON jazzhr.effects (tenant_id, kind) WHERE state = 'attention';
-- Finds the most recent confirmed write of a kind. It is the control: seeing it shows that reads on
-- the account show what was written.
CREATE INDEX effects_control_idx ON jazzhr.effects (tenant_id, kind, settled_at DESC) WHERE state = 'done';

-- The steps of a writeback, each with its effect.
CREATE TABLE jazzhr.steps (
    tenant_id    uuid NOT NULL REFERENCES jazzhr.tenants,
    writeback_id uuid NOT NULL,
    kind         text NOT NULL CONSTRAINT steps_kind_check
                 CHECK (kind IN ('create_applicant', 'link_applicant_to_job', 'write_notes')),
    part         integer NOT NULL DEFAULT 1,
    state        text NOT NULL DEFAULT 'pending' CONSTRAINT steps_state_check
                 CHECK (state IN ('pending', 'done', 'skipped', 'rejected', 'attention')),
    effect_id    uuid,
    attempts     integer NOT NULL DEFAULT 0,
    remote_id    text,
    last_error   text,
    started_at   timestamptz,
    done_at      timestamptz,
    PRIMARY KEY (tenant_id, writeback_id, kind, part),
    FOREIGN KEY (tenant_id, writeback_id) REFERENCES jazzhr.writebacks
);
CREATE INDEX steps_effect_idx ON jazzhr.steps (tenant_id, effect_id) WHERE effect_id IS NOT NULL;

-- When a confirmed write of a kind was last seen by a read of the account. A read that finds
-- nothing is believed only after that.
CREATE TABLE jazzhr.visibility (
    tenant_id uuid NOT NULL REFERENCES jazzhr.tenants,
    kind      text NOT NULL,
    seen_at   timestamptz,
    unseen_at timestamptz,
    PRIMARY KEY (tenant_id, kind)
);

-- Activities that were read. JazzHR's id makes each activity one event.
CREATE TABLE jazzhr.activities (
    tenant_id    uuid NOT NULL REFERENCES jazzhr.tenants,
    activity_id  text NOT NULL,
    category     text NOT NULL,
    object_id    text NOT NULL,
    action       text NOT NULL,
    occurred_on  date,
    occurred_time text,
    first_seen_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    PRIMARY KEY (tenant_id, activity_id)
);

-- The newest day that a complete pass has read, for each list.
CREATE TABLE jazzhr.poll_cursors (
    tenant_id  uuid NOT NULL REFERENCES jazzhr.tenants,
    list       text NOT NULL CONSTRAINT poll_cursors_list_check CHECK (list IN ('activities')),
    newest_day date,
    passes     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, list)
);

-- Events for Intrvio. A transaction updates the counter's row last, so that sequences follow the
-- order of commits.
CREATE TABLE jazzhr.event_counters (
    tenant_id     uuid PRIMARY KEY REFERENCES jazzhr.tenants,
    last_sequence bigint NOT NULL DEFAULT 0,
    purged_through bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE jazzhr.events (
    tenant_id       uuid NOT NULL REFERENCES jazzhr.tenants,
    sequence        bigint NOT NULL,
    event_id        uuid NOT NULL,
    type            text NOT NULL,
    data            jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT jazzhr.now(),
    state           text NOT NULL DEFAULT 'pending' CONSTRAINT events_state_check
                    CHECK (state IN ('pending', 'delivered', 'failed')),
    deliver_until   timestamptz NOT NULL,
    delivered_at    timestamptz,
    admitted_at     timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text,
    PRIMARY KEY (tenant_id, sequence)
);
CREATE INDEX events_waiting_idx ON jazzhr.events (next_attempt_at) WHERE state = 'pending' AND admitted_at IS NULL;
CREATE INDEX events_admitted_idx ON jazzhr.events (admitted_at) WHERE state = 'pending' AND admitted_at IS NOT NULL;
CREATE INDEX events_created_at_idx ON jazzhr.events (created_at);

-- +goose Down
DROP TABLE jazzhr.events, jazzhr.event_counters, jazzhr.poll_cursors, jazzhr.activities, jazzhr.visibility,
    jazzhr.steps, jazzhr.effects, jazzhr.writebacks, jazzhr.interview_requests, jazzhr.webhooks, jazzhr.people,
    jazzhr.openings, jazzhr.applicants;
