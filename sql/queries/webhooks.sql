-- name: RetireHashKey :exec
-- A body's hash serves as a webhook's key for a while. After that the same bytes are a new webhook.
UPDATE jazzhr.webhooks
SET dedup_key = dedup_key || ':' || webhook_id
WHERE tenant_id = @tenant_id
    AND dedup_key = @dedup_key
    AND received_at < jazzhr.now() - @serves_for::interval;

-- name: InsertWebhook :execrows
INSERT INTO jazzhr.webhooks (
    tenant_id,
    webhook_id,
    dedup_key,
    body_hash,
    event,
    body,
    headers,
    export_context,
    state,
    problem,
    admitted_at
)
VALUES (
    @tenant_id,
    @webhook_id,
    @dedup_key,
    @body_hash,
    @event,
    @body,
    @headers,
    @export_context,
    @state,
    sqlc.narg(problem),
    CASE WHEN @admitted::boolean THEN jazzhr.now() END
)
ON CONFLICT ON CONSTRAINT webhooks_dedup_key DO NOTHING;

-- name: SystemInsertWebhooks :many
-- Stores webhooks of any tenants, notes when each tenant's last one came, and returns those that
-- were not known. Rows are locked in the order of their keys, then tenants in the order of their
-- ids, as InsertWebhook and MarkWebhook lock them. So no two of these can deadlock.
WITH received AS (
    SELECT
        unnest(@tenant_ids::uuid[]) AS tenant_id,
        unnest(@webhook_ids::uuid[]) AS webhook_id,
        unnest(@dedup_keys::text[]) AS dedup_key,
        unnest(@body_hashes::bytea[]) AS body_hash,
        unnest(@events::text[]) AS event,
        unnest(@bodies::bytea[]) AS body,
        unnest(@headers::text[]) AS headers,
        unnest(@export_contexts::text[]) AS export_context,
        unnest(@admitted::boolean[]) AS admitted
), stored AS (
    INSERT INTO jazzhr.webhooks (
        tenant_id,
        webhook_id,
        dedup_key,
        body_hash,
        event,
        body,
        headers,
        export_context,
        state,
        admitted_at
    )
    SELECT
        c.tenant_id,
        c.webhook_id,
        c.dedup_key,
        c.body_hash,
        c.event,
        c.body,
        c.headers::jsonb,
        c.export_context,
        'pending',
        CASE WHEN c.admitted THEN jazzhr.now() END
    FROM received c
    ON CONFLICT ON CONSTRAINT webhooks_dedup_key DO NOTHING
    RETURNING tenant_id, webhook_id
), due_tenants AS (
    SELECT t.tenant_id
    FROM jazzhr.tenants t
    WHERE t.tenant_id IN (SELECT s.tenant_id FROM stored s)
        AND (t.last_webhook_at IS NULL OR t.last_webhook_at < jazzhr.now() - interval '1 second')
    ORDER BY t.tenant_id
    FOR NO KEY UPDATE
), marked_tenants AS (
    UPDATE jazzhr.tenants t
    SET last_webhook_at = jazzhr.now()
    FROM due_tenants
    WHERE t.tenant_id = due_tenants.tenant_id
)
SELECT s.webhook_id FROM stored s;

-- name: WebhookBodyHash :one
SELECT body_hash FROM jazzhr.webhooks WHERE tenant_id = @tenant_id AND dedup_key = @dedup_key;

-- name: Webhook :one
SELECT * FROM jazzhr.webhooks WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id;

-- name: FinishWebhook :exec
UPDATE jazzhr.webhooks
SET
    state = @state,
    problem = sqlc.narg(problem),
    done_at = jazzhr.now(),
    admitted_at = NULL,
    waiting_for = NULL,
    attempts = attempts + 1,
    last_error = NULL
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id AND state = 'pending';

-- name: HandBackWebhook :exec
UPDATE jazzhr.webhooks
SET
    admitted_at = NULL,
    next_attempt_at = @next_attempt_at,
    waiting_for = @waiting_for,
    last_error = sqlc.narg(last_error),
    attempts = attempts + 1
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id AND state = 'pending';

-- name: RejectWaitingWebhooks :execrows
-- The condition on admitted_at is always true. With it Postgres finds what is pending by two small
-- indexes. The ids are found once, as an array: from IN, Postgres found them anew for each row, in 7 s
-- for 8,500 rows.
UPDATE jazzhr.webhooks r
SET
    state = 'done',
    problem = 'disconnected',
    done_at = jazzhr.now(),
    admitted_at = NULL,
    body = NULL
WHERE r.tenant_id = @tenant_id
    AND r.state = 'pending'
    AND r.webhook_id = ANY(ARRAY(
        SELECT w.webhook_id
        FROM jazzhr.webhooks w
        WHERE w.tenant_id = @tenant_id
            AND w.state = 'pending'
            AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
        LIMIT sqlc.arg(max_rows)
    ));

-- name: LockPerson :one
-- Stores which number is which applicant, as found now; keeps what was known if JazzHR could not be
-- read. It locks the person until the transaction ends, so that two exports of one person are looked
-- at one after the other.
INSERT INTO jazzhr.people (tenant_id, person_id, applicant_id, email)
VALUES (@tenant_id, @person_id, sqlc.narg(applicant_id), sqlc.narg(email))
ON CONFLICT (tenant_id, person_id) DO UPDATE
SET
    applicant_id = CASE
        WHEN @keep::boolean THEN coalesce(excluded.applicant_id, people.applicant_id)
        ELSE excluded.applicant_id
    END,
    email = coalesce(excluded.email, people.email),
    updated_at = jazzhr.now()
RETURNING applicant_id;

-- name: Person :one
SELECT applicant_id FROM jazzhr.people WHERE tenant_id = @tenant_id AND person_id = @person_id;

-- name: Request :one
SELECT *
FROM jazzhr.interview_requests
WHERE tenant_id = @tenant_id AND request_id = @request_id;
