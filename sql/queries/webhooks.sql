-- name: RetireHashKey :exec
-- A body's hash serves as its id for 3 hours; after that the same bytes are a new export.
UPDATE jazzhr.webhooks SET dedup_key = dedup_key || ':' || webhook_id
WHERE tenant_id = @tenant_id AND dedup_key = @dedup_key AND received_at < jazzhr.now() - interval '3 hours';

-- name: InsertWebhook :execrows
INSERT INTO jazzhr.webhooks (tenant_id, webhook_id, dedup_key, body_hash, body, headers, export_context,
    state, problem, admitted_at)
VALUES (@tenant_id, @webhook_id, @dedup_key, @body_hash, @body, @headers, @export_context, @state, sqlc.narg(problem),
    CASE WHEN @admitted::boolean THEN jazzhr.now() END)
ON CONFLICT ON CONSTRAINT webhooks_dedup_key DO NOTHING;

-- name: WebhookBodyHash :one
SELECT body_hash FROM jazzhr.webhooks WHERE tenant_id = @tenant_id AND dedup_key = @dedup_key;

-- name: Webhook :one
SELECT * FROM jazzhr.webhooks WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id;

-- name: FinishWebhook :exec
UPDATE jazzhr.webhooks SET state = @state, problem = sqlc.narg(problem), done_at = jazzhr.now(), admitted_at = NULL,
    waiting_for = NULL, attempts = attempts + 1, last_error = NULL
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id AND state = 'pending';

-- name: HandBackWebhook :exec
UPDATE jazzhr.webhooks SET admitted_at = NULL, next_attempt_at = @next_attempt_at, waiting_for = @waiting_for,
    last_error = sqlc.narg(last_error), attempts = attempts + 1
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id AND state = 'pending';

-- name: RejectWaitingWebhooks :exec
UPDATE jazzhr.webhooks SET state = 'done', problem = 'disconnected', done_at = jazzhr.now(), admitted_at = NULL,
    body = NULL
WHERE tenant_id = @tenant_id AND state = 'pending';

-- name: LockPerson :one
-- Keeps which number is which applicant, and locks the person until the transaction ends, so that two exports of one
-- person are looked at one after the other.
INSERT INTO jazzhr.people (tenant_id, person_id, applicant_id, email)
VALUES (@tenant_id, @person_id, sqlc.narg(applicant_id), sqlc.narg(email))
ON CONFLICT (tenant_id, person_id) DO UPDATE SET
    applicant_id = coalesce(excluded.applicant_id, people.applicant_id),
    email = coalesce(excluded.email, people.email), updated_at = jazzhr.now()
RETURNING applicant_id;

-- name: Person :one
SELECT applicant_id FROM jazzhr.people WHERE tenant_id = @tenant_id AND person_id = @person_id;

-- name: Request :one
SELECT * FROM jazzhr.interview_requests WHERE tenant_id = @tenant_id AND request_id = @request_id;
