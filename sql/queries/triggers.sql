-- name: SeeStages :exec
-- Rows are written in the order of their names, so that two polls at once cannot deadlock.
INSERT INTO jazzhr.stages (tenant_id, stage)
SELECT @tenant_id::uuid, s.stage
FROM unnest(@stages::text[]) AS s(stage)
ORDER BY s.stage
ON CONFLICT (tenant_id, stage) DO UPDATE
SET last_seen_at = excluded.last_seen_at;

-- name: Stages :many
SELECT stage, first_seen_at, last_seen_at
FROM jazzhr.stages
WHERE tenant_id = @tenant_id
ORDER BY stage;

-- name: AutoTriggers :many
SELECT stage, job_id, set_at
FROM jazzhr.auto_triggers
WHERE tenant_id = @tenant_id
ORDER BY stage, job_id;

-- name: AddAutoTrigger :exec
INSERT INTO jazzhr.auto_triggers (tenant_id, stage, job_id)
VALUES (@tenant_id, @stage, @job_id)
ON CONFLICT DO NOTHING;

-- name: RemoveAutoTrigger :exec
DELETE FROM jazzhr.auto_triggers
WHERE tenant_id = @tenant_id AND stage = @stage AND job_id = @job_id;

-- name: EnterStage :exec
-- JazzHR's days have no time zone. A move that is dated a day before the trigger was set, by UTC,
-- may still be later than the trigger.
INSERT INTO jazzhr.stage_entries (
    tenant_id,
    activity_id,
    applicant_id,
    stage,
    job_title
)
SELECT
    @tenant_id::uuid,
    @activity_id,
    @applicant_id,
    @stage,
    @job_title
WHERE EXISTS (
    SELECT
    FROM jazzhr.auto_triggers a
    WHERE a.tenant_id = @tenant_id
        AND a.stage = @stage
        AND coalesce(sqlc.narg(occurred_on)::date, 'infinity')
            >= (a.set_at AT TIME ZONE 'UTC')::date - 1
)
ON CONFLICT DO NOTHING;

-- name: StageEntry :one
SELECT *
FROM jazzhr.stage_entries
WHERE tenant_id = @tenant_id AND activity_id = @activity_id;

-- name: StageCase :one
-- Returns the move that is a case of this id, or was one.
SELECT *
FROM jazzhr.stage_entries
WHERE tenant_id = @tenant_id AND case_id = @case_id::uuid;

-- name: TriggerJobs :many
-- Returns the jobs for which a move to the stage, seen at the given time, asks for an interview. An
-- empty job_id stands for all jobs.
SELECT job_id
FROM jazzhr.auto_triggers
WHERE tenant_id = @tenant_id AND stage = @stage AND set_at <= @seen_at;

-- name: FinishStageEntry :exec
-- A move that becomes a case again keeps the id that it had as one.
UPDATE jazzhr.stage_entries
SET
    state = @state,
    outcome = @outcome,
    case_id = coalesce(case_id, sqlc.narg(case_id)),
    request_id = sqlc.narg(request_id),
    done_at = jazzhr.now(),
    admitted_at = NULL,
    waiting_for = NULL,
    attempts = attempts + 1,
    last_error = NULL
WHERE tenant_id = @tenant_id AND activity_id = @activity_id AND state = 'pending';

-- name: HandBackStageEntry :exec
UPDATE jazzhr.stage_entries
SET
    admitted_at = NULL,
    next_attempt_at = @next_attempt_at,
    waiting_for = @waiting_for,
    last_error = sqlc.narg(last_error),
    attempts = attempts + 1
WHERE tenant_id = @tenant_id AND activity_id = @activity_id AND state = 'pending';

-- name: DropOpenStageEntries :execrows
-- The condition on admitted_at is always true, as in OpenWritebacks.
UPDATE jazzhr.stage_entries r
SET
    state = 'done',
    outcome = 'disconnected',
    done_at = jazzhr.now(),
    admitted_at = NULL
WHERE r.tenant_id = @tenant_id
    AND r.state IN ('pending', 'attention')
    AND r.activity_id = ANY(ARRAY(
        SELECT e.activity_id
        FROM jazzhr.stage_entries e
        WHERE e.tenant_id = @tenant_id
            AND (
                e.state = 'attention'
                OR e.state = 'pending' AND (e.admitted_at IS NULL OR e.admitted_at IS NOT NULL)
            )
        LIMIT sqlc.arg(max_rows)
    ));

-- name: SystemAdmitStageEntries :many
-- Tenants are found, and rows admitted, as by SystemAdmitWritebacks.
WITH RECURSIVE waiting_tenants AS (
    (
        SELECT w.tenant_id, w.next_attempt_at
        FROM jazzhr.stage_entries w
        WHERE w.state = 'pending' AND w.admitted_at IS NULL
        ORDER BY w.tenant_id, w.next_attempt_at
        LIMIT 1
    )
    UNION ALL
    SELECT next_tenant.tenant_id, next_tenant.next_attempt_at
    FROM waiting_tenants
    CROSS JOIN LATERAL (
        SELECT w.tenant_id, w.next_attempt_at
        FROM jazzhr.stage_entries w
        WHERE w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.tenant_id > waiting_tenants.tenant_id
        ORDER BY w.tenant_id, w.next_attempt_at
        LIMIT 1
    ) next_tenant
), ready_tenants AS (
    SELECT t.tenant_id, lacking.jobs
    FROM waiting_tenants
    JOIN jazzhr.tenants t ON t.tenant_id = waiting_tenants.tenant_id
    CROSS JOIN LATERAL (
        SELECT sqlc.arg(per_tenant)::bigint - count(*) AS jobs
        FROM jazzhr.stage_entries a
        WHERE a.tenant_id = t.tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
    ) lacking
    WHERE waiting_tenants.next_attempt_at <= jazzhr.now()
        AND lacking.jobs > 0
        AND t.key_state = 'ok'
        AND t.paused_at IS NULL
        AND NOT EXISTS (
            SELECT
            FROM jazzhr.call_buckets b
            WHERE b.tenant_id = t.tenant_id AND b.closed_until > jazzhr.now()
        )
    LIMIT sqlc.arg(max_tenants)
), picked_entries AS (
    SELECT p.tenant_id, p.activity_id
    FROM ready_tenants r
    CROSS JOIN LATERAL (
        SELECT s.tenant_id, s.activity_id
        FROM jazzhr.stage_entries s
        WHERE s.tenant_id = r.tenant_id
            AND s.state = 'pending'
            AND s.admitted_at IS NULL
            AND s.next_attempt_at <= jazzhr.now()
        ORDER BY s.first_seen_at
        LIMIT r.jobs
        FOR UPDATE SKIP LOCKED
    ) p
)
UPDATE jazzhr.stage_entries s
SET admitted_at = jazzhr.now(), waiting_for = NULL
FROM picked_entries p
WHERE s.tenant_id = p.tenant_id AND s.activity_id = p.activity_id
RETURNING s.tenant_id, s.activity_id;

-- name: SystemReleaseStageEntries :execrows
UPDATE jazzhr.stage_entries s
SET admitted_at = NULL
WHERE s.state = 'pending'
    AND s.admitted_at < jazzhr.now() - @grace::interval
    AND NOT EXISTS (
        SELECT
        FROM jazzhr.river_job j
        WHERE j.kind = 'resolve_stage_entry'
            AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
            AND j.args ->> 'tenant_id' = s.tenant_id::text
            AND j.args ->> 'activity_id' = s.activity_id
    );

-- name: LockRequests :exec
-- Until the transaction ends, nobody else decides whether an interview is asked for. The lock is an
-- advisory one because a row's lock would make others wait: webhooks update the tenant's row, and
-- whatever announces events updates the counter's row. FOR KEY SHARE keeps the tenant from being
-- disconnected meanwhile.
SELECT pg_advisory_xact_lock(
    hashtextextended('jazzhr.interview_requests ' || tenant_id::text, 0)
)
FROM jazzhr.tenants
WHERE tenant_id = @tenant_id
FOR KEY SHARE;

-- name: RequestsOfPerson :many
-- Returns a person's requests, the newest first: those made within repeats_for, and those whose
-- trigger was first seen between since and until. waiting is true for a request made within
-- repeats_for that no writeback has answered.
SELECT
    r.request_id,
    r.person_id,
    r.applicant_id,
    r.email,
    r.first_name,
    r.last_name,
    r.job_id,
    r.job_key,
    r.webhook_id,
    r.activity_id,
    r.webhook_seen_at,
    r.activity_seen_at,
    o.title,
    o.board_code,
    (
        r.created_at > jazzhr.now() - sqlc.arg(repeats_for)::interval
        AND NOT EXISTS (
            SELECT
            FROM jazzhr.writebacks w
            WHERE w.tenant_id = r.tenant_id AND w.request_id = r.request_id
        )
    )::boolean AS waiting
FROM jazzhr.interview_requests r
LEFT JOIN jazzhr.openings o ON o.tenant_id = r.tenant_id AND o.job_id = r.job_id
WHERE r.tenant_id = @tenant_id
    AND (
        r.person_id = @person_id
        OR r.applicant_id = sqlc.narg(applicant_id)
        OR r.email = sqlc.narg(email)
    )
    AND (
        r.created_at > jazzhr.now() - sqlc.arg(repeats_for)::interval
        OR r.webhook_seen_at BETWEEN sqlc.arg(since) AND sqlc.arg(until)
        OR r.activity_seen_at BETWEEN sqlc.arg(since) AND sqlc.arg(until)
    )
ORDER BY r.created_at DESC, r.request_id DESC;

-- name: AskedByBody :one
-- Returns whether another webhook of the same body, received since, has asked for an interview.
SELECT EXISTS (
    SELECT
    FROM jazzhr.webhooks w
    JOIN jazzhr.interview_requests r ON r.tenant_id = w.tenant_id AND r.webhook_id = w.webhook_id
    WHERE w.tenant_id = @tenant_id
        AND w.webhook_id >= jazzhr.first_id(@since)
        AND w.webhook_id <> @webhook_id
        AND w.body_hash = @body_hash
);

-- name: ExportAnnounced :one
-- Returns whether Intrvio was told of an export. That event also says whether an interview is asked
-- for.
SELECT EXISTS (
    SELECT
    FROM jazzhr.events e
    WHERE e.tenant_id = @tenant_id
        AND e.sequence = ANY(ARRAY(
            SELECT jazzhr.events_by_subject(@tenant_id, ARRAY[@webhook_id::text])
        ))
        AND e.type = 'candidate.exported'
);

-- name: InsertRequest :exec
INSERT INTO jazzhr.interview_requests (
    tenant_id,
    request_id,
    trigger,
    webhook_id,
    activity_id,
    webhook_seen_at,
    activity_seen_at,
    person_id,
    applicant_id,
    job_id,
    job_key,
    email,
    first_name,
    last_name
)
VALUES (
    @tenant_id,
    @request_id,
    @trigger,
    sqlc.narg(webhook_id),
    sqlc.narg(activity_id),
    sqlc.narg(webhook_seen_at),
    sqlc.narg(activity_seen_at),
    @person_id,
    sqlc.narg(applicant_id),
    sqlc.narg(job_id),
    @job_key,
    sqlc.narg(email),
    sqlc.narg(first_name),
    sqlc.narg(last_name)
);

-- name: MatchExport :exec
-- A stage entry's request becomes the export's too. The export's number of the person replaces the
-- one that is stored. Its other values fill in what the request lacks.
UPDATE jazzhr.interview_requests
SET
    webhook_id = @webhook_id,
    webhook_seen_at = @seen_at,
    person_id = @person_id,
    job_id = coalesce(job_id, sqlc.narg(job_id)),
    email = coalesce(email, sqlc.narg(email)),
    first_name = coalesce(first_name, sqlc.narg(first_name)),
    last_name = coalesce(last_name, sqlc.narg(last_name))
WHERE tenant_id = @tenant_id AND request_id = @request_id AND webhook_id IS NULL;

-- name: MatchStageEntry :exec
-- An export's request becomes the stage entry's too. The stage entry fills in what the request
-- lacks. It always knows the applicant.
UPDATE jazzhr.interview_requests
SET
    activity_id = @activity_id,
    activity_seen_at = @seen_at,
    applicant_id = coalesce(applicant_id, @applicant_id),
    job_id = coalesce(job_id, sqlc.narg(job_id))
WHERE tenant_id = @tenant_id AND request_id = @request_id AND activity_id IS NULL;

-- name: WebhookRate :one
-- Counts the stage entries of the last 7 days to which the tenant's triggers applied, and those of
-- them that no export accompanied in time.
SELECT
    count(*) AS expected,
    count(*) FILTER (
        WHERE r.webhook_id IS NULL
            AND s.first_seen_at <= jazzhr.now() - @match_window::interval
    ) AS missed
FROM jazzhr.stage_entries s
LEFT JOIN jazzhr.interview_requests r
    ON r.tenant_id = s.tenant_id
    AND r.request_id = s.request_id
WHERE s.tenant_id = @tenant_id
    AND s.outcome IN ('requested', 'matched')
    AND s.first_seen_at > jazzhr.now() - interval '7 days';
