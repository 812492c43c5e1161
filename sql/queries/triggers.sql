-- name: SeeStages :exec
-- In one order, so that two polls at once don't wait for each other in a circle.
INSERT INTO jazzhr.stages (tenant_id, stage)
SELECT @tenant_id::uuid, s.stage FROM unnest(@stages::text[]) AS s(stage) ORDER BY s.stage
ON CONFLICT (tenant_id, stage) DO UPDATE SET last_seen_at = excluded.last_seen_at;

-- name: Stages :many
SELECT stage, first_seen_at, last_seen_at FROM jazzhr.stages WHERE tenant_id = @tenant_id ORDER BY stage;

-- name: AutoTriggers :many
SELECT stage, job_id, set_at FROM jazzhr.auto_triggers WHERE tenant_id = @tenant_id ORDER BY stage, job_id;

-- name: AddAutoTrigger :exec
INSERT INTO jazzhr.auto_triggers (tenant_id, stage, job_id) VALUES (@tenant_id, @stage, @job_id) ON CONFLICT DO NOTHING;

-- name: RemoveAutoTrigger :exec
DELETE FROM jazzhr.auto_triggers WHERE tenant_id = @tenant_id AND stage = @stage AND job_id = @job_id;

-- name: EnterStage :exec
-- Days have no zone: a move of the day before the one on which the trigger was set, by UTC, can be later than that.
INSERT INTO jazzhr.stage_entries (tenant_id, activity_id, applicant_id, stage, job_title)
SELECT @tenant_id::uuid, @activity_id, @applicant_id, @stage, @job_title
WHERE EXISTS (SELECT FROM jazzhr.auto_triggers a WHERE a.tenant_id = @tenant_id AND a.stage = @stage
    AND coalesce(sqlc.narg(occurred_on)::date, 'infinity') >= (a.set_at AT TIME ZONE 'UTC')::date - 1)
ON CONFLICT DO NOTHING;

-- name: StageEntry :one
SELECT * FROM jazzhr.stage_entries WHERE tenant_id = @tenant_id AND activity_id = @activity_id;

-- name: TriggerJobs :many
-- The jobs for which a move to a stage that was seen then asks for an interview; an empty one stands for all.
SELECT job_id FROM jazzhr.auto_triggers WHERE tenant_id = @tenant_id AND stage = @stage AND set_at <= @seen_at;

-- name: FinishStageEntry :exec
UPDATE jazzhr.stage_entries SET state = 'done', outcome = @outcome, request_id = sqlc.narg(request_id),
    done_at = jazzhr.now(), admitted_at = NULL, waiting_for = NULL, attempts = attempts + 1, last_error = NULL
WHERE tenant_id = @tenant_id AND activity_id = @activity_id AND state = 'pending';

-- name: HandBackStageEntry :exec
UPDATE jazzhr.stage_entries SET admitted_at = NULL, next_attempt_at = @next_attempt_at, waiting_for = @waiting_for,
    last_error = sqlc.narg(last_error), attempts = attempts + 1
WHERE tenant_id = @tenant_id AND activity_id = @activity_id AND state = 'pending';

-- name: DropWaitingStageEntries :exec
UPDATE jazzhr.stage_entries SET state = 'done', outcome = 'disconnected', done_at = jazzhr.now(), admitted_at = NULL
WHERE tenant_id = @tenant_id AND state = 'pending';

-- name: SystemAdmitStageEntries :many
WITH RECURSIVE waiting AS (
    (SELECT w.tenant_id, w.next_attempt_at FROM jazzhr.stage_entries w WHERE w.state = 'pending' AND w.admitted_at IS NULL
        ORDER BY w.tenant_id, w.next_attempt_at LIMIT 1)
    UNION ALL
    SELECT following.tenant_id, following.next_attempt_at FROM waiting CROSS JOIN LATERAL (
        SELECT w.tenant_id, w.next_attempt_at FROM jazzhr.stage_entries w
        WHERE w.state = 'pending' AND w.admitted_at IS NULL AND w.tenant_id > waiting.tenant_id
        ORDER BY w.tenant_id, w.next_attempt_at LIMIT 1
    ) following
), ready AS (
    SELECT t.tenant_id, s.share FROM waiting JOIN jazzhr.tenants t ON t.tenant_id = waiting.tenant_id
    CROSS JOIN LATERAL (
        SELECT sqlc.arg(per_tenant)::bigint - count(*) AS share FROM jazzhr.stage_entries a
        WHERE a.tenant_id = t.tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
    ) s
    WHERE waiting.next_attempt_at <= jazzhr.now() AND s.share > 0 AND t.key_state = 'ok' AND t.paused_at IS NULL
        AND NOT EXISTS (SELECT FROM jazzhr.call_buckets b WHERE b.tenant_id = t.tenant_id AND b.closed_until > jazzhr.now())
    LIMIT sqlc.arg(max_tenants)
), picked AS (
    SELECT p.tenant_id, p.activity_id FROM ready r CROSS JOIN LATERAL (
        SELECT s.tenant_id, s.activity_id FROM jazzhr.stage_entries s
        WHERE s.tenant_id = r.tenant_id AND s.state = 'pending' AND s.admitted_at IS NULL
            AND s.next_attempt_at <= jazzhr.now()
        ORDER BY s.first_seen_at
        LIMIT r.share FOR UPDATE SKIP LOCKED
    ) p
)
UPDATE jazzhr.stage_entries s SET admitted_at = jazzhr.now(), waiting_for = NULL
FROM picked p WHERE s.tenant_id = p.tenant_id AND s.activity_id = p.activity_id
RETURNING s.tenant_id, s.activity_id;

-- name: SystemReleaseStageEntries :execrows
UPDATE jazzhr.stage_entries s SET admitted_at = NULL
WHERE s.state = 'pending' AND s.admitted_at < jazzhr.now() - @grace::interval
    AND NOT EXISTS (SELECT FROM jazzhr.river_job j
        WHERE j.kind = 'resolve_stage_entry' AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
            AND j.args ->> 'tenant_id' = s.tenant_id::text AND j.args ->> 'activity_id' = s.activity_id);

-- name: LockRequests :exec
-- Until the transaction ends, nobody else decides whether an interview is asked for. No row serves: webhooks update the
-- tenant's, and whatever announces events the counter's, so that both would wait. It keeps the tenant from being
-- disconnected too.
SELECT pg_advisory_xact_lock(hashtextextended('jazzhr.interview_requests ' || tenant_id::text, 0))
FROM jazzhr.tenants WHERE tenant_id = @tenant_id FOR KEY SHARE;

-- name: RequestsOfPerson :many
-- What was asked for lately, or because of what was first seen about the same time. Newest first. Waiting is one of the
-- last 3 hours that no writeback has answered.
SELECT r.request_id, r.person_id, r.applicant_id, r.email, r.job_id, r.job_key, r.webhook_id, r.activity_id,
    r.webhook_seen_at, r.activity_seen_at, o.title, o.board_code,
    (r.created_at > jazzhr.now() - interval '3 hours' AND NOT EXISTS (SELECT FROM jazzhr.writebacks w
        WHERE w.tenant_id = r.tenant_id AND w.request_id = r.request_id))::boolean AS waiting
FROM jazzhr.interview_requests r
LEFT JOIN jazzhr.openings o ON o.tenant_id = r.tenant_id AND o.job_id = r.job_id
WHERE r.tenant_id = @tenant_id
    AND (r.person_id = @person_id OR r.applicant_id = sqlc.narg(applicant_id) OR r.email = sqlc.narg(email))
    AND (r.created_at > jazzhr.now() - interval '3 hours'
        OR r.webhook_seen_at BETWEEN sqlc.arg(since) AND sqlc.arg(until)
        OR r.activity_seen_at BETWEEN sqlc.arg(since) AND sqlc.arg(until))
ORDER BY r.created_at DESC, r.request_id DESC;

-- name: WebhookTold :one
-- Whether Intrvio was told of an export, and so of whether it asks for an interview.
SELECT EXISTS (SELECT FROM jazzhr.events e
    WHERE e.tenant_id = @tenant_id AND coalesce(e.data ->> 'request_id', e.data ->> 'webhook_id', e.data ->> 'writeback_id') = @webhook_id::text
        AND e.type = 'candidate.exported');

-- name: InsertRequest :exec
INSERT INTO jazzhr.interview_requests (tenant_id, request_id, trigger, webhook_id, activity_id, webhook_seen_at,
    activity_seen_at, person_id, applicant_id, job_id, job_key, email, first_name, last_name)
VALUES (@tenant_id, @request_id, @trigger, sqlc.narg(webhook_id), sqlc.narg(activity_id), sqlc.narg(webhook_seen_at),
    sqlc.narg(activity_seen_at), @person_id, sqlc.narg(applicant_id), sqlc.narg(job_id), @job_key, sqlc.narg(email),
    sqlc.narg(first_name), sqlc.narg(last_name));

-- name: MatchExport :exec
-- A request of a stage entry is the export's too. What the export knows better is kept.
UPDATE jazzhr.interview_requests SET webhook_id = @webhook_id, webhook_seen_at = @seen_at, person_id = @person_id,
    job_id = coalesce(job_id, sqlc.narg(job_id)), email = coalesce(email, sqlc.narg(email)),
    first_name = coalesce(first_name, sqlc.narg(first_name)), last_name = coalesce(last_name, sqlc.narg(last_name))
WHERE tenant_id = @tenant_id AND request_id = @request_id AND webhook_id IS NULL;

-- name: MatchStageEntry :exec
-- Likewise: a stage entry always knows whom it is about.
UPDATE jazzhr.interview_requests SET activity_id = @activity_id, activity_seen_at = @seen_at,
    applicant_id = coalesce(applicant_id, @applicant_id), job_id = coalesce(job_id, sqlc.narg(job_id))
WHERE tenant_id = @tenant_id AND request_id = @request_id AND activity_id IS NULL;

-- name: WebhookRate :one
-- Entries of the last 7 days to which the tenant's triggers applied, and those that no export accompanied in time.
SELECT count(*) AS expected,
    count(*) FILTER (WHERE r.webhook_id IS NULL AND s.first_seen_at <= jazzhr.now() - @match_window::interval) AS missed
FROM jazzhr.stage_entries s
LEFT JOIN jazzhr.interview_requests r ON r.tenant_id = s.tenant_id AND r.request_id = s.request_id
WHERE s.tenant_id = @tenant_id AND s.outcome IN ('requested', 'matched')
    AND s.first_seen_at > jazzhr.now() - interval '7 days';
