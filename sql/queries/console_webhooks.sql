-- name: SystemWebhooks :many
-- Returns the newest webhooks of all tenants in some states. Each state is read in the order of its
-- index. LIMIT 1 keeps the planner from reading all tenants for the names of a few.
SELECT
    w.tenant_id,
    t.name AS tenant_name,
    w.webhook_id,
    w.state,
    coalesce(w.problem, '')::text AS problem,
    coalesce(w.waiting_for, '')::text AS waiting_for,
    w.received_at,
    w.replayed_at,
    w.attempts,
    coalesce(octet_length(w.body), -1)::integer AS bytes,
    coalesce(w.headers ->> 'X-JazzHR-Event', '')::text AS event,
    (t.paused_at IS NOT NULL)::boolean AS paused,
    t.key_state
FROM (
    SELECT h.*
    FROM unnest(@states::text[]) AS s(state)
    CROSS JOIN LATERAL (
        SELECT *
        FROM jazzhr.webhooks i
        WHERE i.state = s.state AND i.webhook_id < @before
        ORDER BY i.webhook_id DESC
        LIMIT sqlc.arg(max_rows)
    ) h
    ORDER BY h.webhook_id DESC
    LIMIT sqlc.arg(max_rows)
) w
CROSS JOIN LATERAL (
    SELECT n.name, n.paused_at, n.key_state
    FROM jazzhr.tenants n
    WHERE n.tenant_id = w.tenant_id
    LIMIT 1
) t
ORDER BY w.webhook_id DESC;

-- name: SystemWebhooksOfProblem :many
SELECT
    w.tenant_id,
    t.name AS tenant_name,
    w.webhook_id,
    w.state,
    coalesce(w.problem, '')::text AS problem,
    coalesce(w.waiting_for, '')::text AS waiting_for,
    w.received_at,
    w.replayed_at,
    w.attempts,
    coalesce(octet_length(w.body), -1)::integer AS bytes,
    coalesce(w.headers ->> 'X-JazzHR-Event', '')::text AS event,
    (t.paused_at IS NOT NULL)::boolean AS paused,
    t.key_state
FROM (
    SELECT *
    FROM jazzhr.webhooks h
    WHERE h.problem = @problem AND h.state = ANY(@states::text[]) AND h.webhook_id < @before
    ORDER BY h.webhook_id DESC
    LIMIT sqlc.arg(max_rows)
) w
CROSS JOIN LATERAL (
    SELECT n.name, n.paused_at, n.key_state
    FROM jazzhr.tenants n
    WHERE n.tenant_id = w.tenant_id
    LIMIT 1
) t
ORDER BY w.webhook_id DESC;

-- name: SystemWebhooksOfTenants :many
SELECT
    w.tenant_id,
    t.name AS tenant_name,
    w.webhook_id,
    w.state,
    coalesce(w.problem, '')::text AS problem,
    coalesce(w.waiting_for, '')::text AS waiting_for,
    w.received_at,
    w.replayed_at,
    w.attempts,
    coalesce(octet_length(w.body), -1)::integer AS bytes,
    coalesce(w.headers ->> 'X-JazzHR-Event', '')::text AS event,
    (t.paused_at IS NOT NULL)::boolean AS paused,
    t.key_state
FROM (
    SELECT h.*
    FROM unnest(@tenant_ids::uuid[]) AS s(tenant_id)
    CROSS JOIN LATERAL (
        SELECT *
        FROM jazzhr.webhooks i
        WHERE i.tenant_id = s.tenant_id
            AND i.webhook_id < @before
            AND i.state = ANY(@states::text[])
            AND (sqlc.narg(problem)::text IS NULL OR i.problem = sqlc.narg(problem))
        ORDER BY i.webhook_id DESC
        LIMIT sqlc.arg(max_rows)
    ) h
    ORDER BY h.webhook_id DESC
    LIMIT sqlc.arg(max_rows)
) w
CROSS JOIN LATERAL (
    SELECT n.name, n.paused_at, n.key_state
    FROM jazzhr.tenants n
    WHERE n.tenant_id = w.tenant_id
    LIMIT 1
) t
ORDER BY w.webhook_id DESC;

-- name: SystemRefusedWebhooks :many
-- Returns the tenants at whose webhook address a request was refused, the latest refusal first.
SELECT
    tenant_id,
    name,
    refused_webhooks,
    last_refused_at::timestamptz AS last_refused_at,
    coalesce(last_refused_reason, '')::text AS last_refused_reason,
    last_webhook_at
FROM jazzhr.tenants
WHERE last_refused_at IS NOT NULL
    AND (
        sqlc.narg(tenant_ids)::uuid[] IS NULL
        OR tenant_id = ANY(sqlc.narg(tenant_ids)::uuid[])
    )
ORDER BY last_refused_at DESC
LIMIT sqlc.arg(max_rows);

-- name: RequestsOfWebhook :many
-- Returns the interviews that a webhook asked for, alone or together with a move to a stage.
SELECT
    r.request_id,
    r.trigger,
    coalesce(r.applicant_id, '')::text AS applicant_id,
    coalesce(r.job_id, '')::text AS job_id,
    r.job_key,
    r.created_at,
    coalesce(o.title, '')::text AS title,
    coalesce(o.board_code, '')::text AS board_code
FROM jazzhr.interview_requests r
LEFT JOIN jazzhr.openings o ON o.tenant_id = r.tenant_id AND o.job_id = r.job_id
WHERE r.tenant_id = @tenant_id AND r.webhook_id = @webhook_id
ORDER BY r.request_id
LIMIT 100;

-- name: WebhookOfKey :many
-- Returns at most one row, because a tenant's keys are unique.
SELECT * FROM jazzhr.webhooks WHERE tenant_id = @tenant_id AND dedup_key = @dedup_key;

-- name: WebhookForReplay :one
SELECT state, event, body IS NULL AS emptied
FROM jazzhr.webhooks
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id
FOR UPDATE;

-- name: ReplayWebhook :exec
-- A webhook that has ended, or that was left to a person, is work again as if it had just come.
UPDATE jazzhr.webhooks
SET
    state = 'pending',
    problem = NULL,
    done_at = NULL,
    next_attempt_at = jazzhr.now(),
    waiting_for = NULL,
    attempts = 0,
    last_error = NULL,
    replayed_at = jazzhr.now(),
    admitted_at = CASE WHEN @admitted::boolean THEN jazzhr.now() END
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id;
