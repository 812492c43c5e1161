-- name: CreateTenant :exec
INSERT INTO jazzhr.tenants (tenant_id, external_id, name, region, note_transcript)
VALUES (@tenant_id, @external_id, @name, @region, @note_transcript);

-- name: SystemConnectedElsewhere :one
-- How many connected tenants are of another region than this deployment's.
SELECT count(*)
FROM jazzhr.tenants
WHERE region <> @region AND connection IN ('awaiting_verify', 'verified');

-- name: CreateTenantCounters :exec
WITH new_bucket AS (
    INSERT INTO jazzhr.call_buckets (tenant_id, tokens, refilled_at)
    VALUES (@tenant_id, 0, jazzhr.now() - interval '1 hour')
)
INSERT INTO jazzhr.event_counters (tenant_id) VALUES (@tenant_id);

-- name: Tenant :one
SELECT * FROM jazzhr.tenants WHERE tenant_id = @tenant_id;

-- name: TenantForWork :one
-- Keeps the tenant from being disconnected until the transaction ends. It is the lock that a row
-- that refers to the tenant takes, so nobody else waits.
SELECT * FROM jazzhr.tenants WHERE tenant_id = @tenant_id FOR KEY SHARE;

-- name: TenantForChange :one
-- Locks the tenant against other changes, but not against new rows that refer to it.
SELECT * FROM jazzhr.tenants WHERE tenant_id = @tenant_id FOR NO KEY UPDATE;

-- name: TenantForUpdate :one
SELECT * FROM jazzhr.tenants WHERE tenant_id = @tenant_id FOR UPDATE;

-- name: SystemTenantByExternalID :one
SELECT * FROM jazzhr.tenants WHERE external_id = @external_id;

-- name: SystemWebhookReceivers :many
-- Returns the tenants whose webhook addresses hold the tokens. There is one row for each valid
-- secret, the newest first, or a single row without a secret.
SELECT
    t.tenant_id,
    t.webhook_token,
    t.connection,
    (t.key_state = 'ok' AND t.paused_at IS NULL)::boolean AS may_work,
    w.version,
    w.sealed,
    w.used_at
FROM jazzhr.tenants t
LEFT JOIN jazzhr.webhook_secrets w
    ON w.tenant_id = t.tenant_id
    AND (w.expires_at IS NULL OR w.expires_at > jazzhr.now())
WHERE t.webhook_token = ANY(@tokens::text[])
ORDER BY t.tenant_id, w.version DESC;

-- name: SystemListTenants :many
-- With tenants it lists these only.
SELECT *
FROM jazzhr.tenants
WHERE
    tenant_id > @after
    AND (sqlc.narg(among)::uuid[] IS NULL OR tenant_id = ANY(sqlc.narg(among)::uuid[]))
ORDER BY tenant_id
LIMIT sqlc.arg(max_rows);

-- name: RenameTenant :exec
UPDATE jazzhr.tenants SET name = @name WHERE tenant_id = @tenant_id;

-- name: SetPollInterval :exec
-- The next poll comes no later than the new interval allows. Without an interval of the tenant's
-- own it comes within five minutes.
UPDATE jazzhr.tenants
SET
    poll_interval = @poll_interval,
    next_poll_at = least(
        next_poll_at,
        jazzhr.now() + coalesce(@poll_interval, interval '5 minutes')
    )
WHERE tenant_id = @tenant_id;

-- name: PauseTenant :execrows
UPDATE jazzhr.tenants
SET paused_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND paused_at IS NULL;

-- name: ResumeTenant :execrows
UPDATE jazzhr.tenants
SET paused_at = NULL
WHERE tenant_id = @tenant_id AND paused_at IS NOT NULL;

-- name: StoreKey :one
-- A new key starts with a clean record. Its version tells its refusals from those of the key
-- before.
UPDATE jazzhr.tenants
SET
    key_sealed = @key_sealed,
    key_fingerprint = @key_fingerprint,
    key_version = key_version + 1,
    key_state = 'ok',
    key_refusals = 0,
    key_rejected_at = NULL,
    key_retry_at = NULL,
    connection = CASE WHEN connection = 'verified' THEN 'verified' ELSE 'awaiting_verify' END,
    webhook_token = coalesce(webhook_token, @webhook_token),
    disconnected_at = NULL
WHERE tenant_id = @tenant_id
RETURNING *;

-- name: ReplaceSealedKey :execrows
-- Replaces the sealed key only while it is still the one that was opened.
UPDATE jazzhr.tenants
SET key_sealed = @key_sealed
WHERE tenant_id = @tenant_id AND key_sealed = @was;

-- name: SystemFingerprintOwner :one
SELECT tenant_id FROM jazzhr.tenants WHERE key_fingerprint = @key_fingerprint;

-- name: RefuseKey :one
-- JazzHR answered 401. The answer counts only if the version that was used is still the current
-- one. The stored key is tried again after 1, 5 and 15 minutes, then hourly.
--
-- While the key is refused, a 401 counts only if it answers such a try, whose job moved
-- key_retry_at a minute ahead. So requests that were under way together count as one refusal.
UPDATE jazzhr.tenants
SET
    key_state = 'rejected',
    key_refusals = key_refusals + 1,
    key_rejected_at = coalesce(key_rejected_at, jazzhr.now()),
    key_retry_at = jazzhr.now() + CASE key_refusals
        WHEN 0 THEN interval '1 minute'
        WHEN 1 THEN interval '5 minutes'
        WHEN 2 THEN interval '15 minutes'
        ELSE interval '1 hour'
    END
WHERE tenant_id = @tenant_id
    AND key_version = @key_version
    AND (
        key_state = 'ok'
        OR (
            key_state = 'rejected'
            AND key_retry_at <= jazzhr.now() + interval '1 minute' * @checking::int
        )
    )
RETURNING key_refusals;

-- name: RestoreKey :one
UPDATE jazzhr.tenants
SET
    key_state = 'ok',
    key_refusals = 0,
    key_rejected_at = NULL,
    key_retry_at = NULL
WHERE tenant_id = @tenant_id AND key_version = @key_version AND key_state = 'rejected'
RETURNING tenant_id;

-- name: SystemDueKeyChecks :many
-- The time of a check moves on when its job is made, so that a lost job is made again.
UPDATE jazzhr.tenants t
SET key_retry_at = jazzhr.now() + interval '1 minute'
WHERE t.ctid = ANY(ARRAY(
    SELECT d.ctid
    FROM jazzhr.tenants d
    WHERE d.key_state = 'rejected' AND d.key_retry_at <= jazzhr.now()
    ORDER BY d.key_retry_at
    LIMIT sqlc.arg(max_rows)
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING t.tenant_id;

-- name: SystemDuePolls :many
-- A tenant moves on by whole intervals from when it was due, so it keeps its phase. A tenant that
-- missed many polls is polled once.
--
-- The due tenants are updated by ctid, because a join by their ids reads all tenants, once a
-- second. The lock is the weakest that an update takes. With FOR UPDATE nobody could store rows
-- that refer to the tenants until the tick's jobs are in.
UPDATE jazzhr.tenants t
SET next_poll_at = t.next_poll_at
    + coalesce(t.poll_interval, @default_interval::interval)
    * ceil(greatest(
        1,
        extract(epoch FROM jazzhr.now() - t.next_poll_at)
            / extract(epoch FROM coalesce(t.poll_interval, @default_interval::interval))
    ))
WHERE t.ctid = ANY(ARRAY(
    SELECT d.ctid
    FROM jazzhr.tenants d
    WHERE d.connection = 'verified'
        AND d.key_state = 'ok'
        AND d.paused_at IS NULL
        AND d.next_poll_at <= jazzhr.now()
    ORDER BY d.next_poll_at
    LIMIT sqlc.arg(max_rows)
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING t.tenant_id;

-- name: SystemPollLateness :one
SELECT coalesce(extract(epoch FROM jazzhr.now() - min(next_poll_at)), 0)::float8
FROM jazzhr.tenants
WHERE connection = 'verified' AND key_state = 'ok' AND paused_at IS NULL;

-- name: MarkPolled :exec
UPDATE jazzhr.tenants SET last_poll_at = jazzhr.now() WHERE tenant_id = @tenant_id;

-- name: MarkVerified :execrows
-- The caller derives spread from the tenant's id, so the phases of the polls are spread evenly.
-- Full passes are in the hours after midnight UTC.
UPDATE jazzhr.tenants
SET
    connection = 'verified',
    verified_at = coalesce(verified_at, jazzhr.now()),
    next_poll_at = jazzhr.now() + @spread::interval,
    next_openings_at = jazzhr.now() + @spread::interval,
    next_full_at = date_trunc('day', jazzhr.now(), 'UTC')
        + interval '1 day'
        + random() * interval '6 hours'
WHERE tenant_id = @tenant_id AND connection = 'awaiting_verify';

-- name: MarkWebhook :exec
UPDATE jazzhr.tenants
SET last_webhook_at = jazzhr.now()
WHERE tenant_id = @tenant_id
    AND (last_webhook_at IS NULL OR last_webhook_at < jazzhr.now() - interval '1 second');

-- name: MarkRefusedWebhook :exec
UPDATE jazzhr.tenants
SET
    refused_webhooks = refused_webhooks + @count::integer,
    last_refused_at = jazzhr.now(),
    last_refused_reason = @reason
WHERE tenant_id = @tenant_id;

-- name: SetNoteRoute :exec
UPDATE jazzhr.tenants SET note_route = @note_route WHERE tenant_id = @tenant_id;

-- name: LearnNoteForm :exec
-- Keeps what a note that was read back has taught of the account. A limit only shrinks. That a
-- character of four bytes was shown once is enough, unless one of ours was lost.
UPDATE jazzhr.tenants
SET
    notes_checked = notes_checked + 1,
    note_form = @form,
    note_limit = least(note_limit, sqlc.narg(note_limit)),
    note_four_byte = (note_four_byte OR @four_byte_shown::boolean) AND NOT @four_byte_lost::boolean
WHERE tenant_id = @tenant_id;

-- name: DisconnectTenant :execrows
-- The tick ends the tenant's work, unless the caller has done so by then.
UPDATE jazzhr.tenants
SET
    end_work_at = jazzhr.now() + interval '5 seconds',
    connection = 'disconnected',
    disconnected_at = jazzhr.now(),
    key_state = 'none',
    key_sealed = NULL,
    key_fingerprint = NULL,
    webhook_token = NULL,
    next_poll_at = NULL,
    next_full_at = NULL,
    next_openings_at = NULL,
    note_limit = NULL,
    note_four_byte = false,
    notes_checked = 0,
    note_form = NULL,
    key_refusals = 0,
    key_rejected_at = NULL,
    key_retry_at = NULL,
    paused_at = NULL,
    verified_at = NULL
WHERE tenant_id = @tenant_id AND connection <> 'disconnected';

-- name: SystemDueEndWork :many
-- Takes tenants whose work is still to be ended. They are due again in a minute, if the job is lost.
UPDATE jazzhr.tenants t
SET end_work_at = jazzhr.now() + interval '1 minute'
WHERE t.ctid = ANY(ARRAY(
    SELECT d.ctid
    FROM jazzhr.tenants d
    WHERE d.end_work_at <= jazzhr.now()
    ORDER BY d.end_work_at
    LIMIT sqlc.arg(max_tenants)
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING t.tenant_id;

-- name: EndedWork :exec
-- All work of the tenant has ended.
UPDATE jazzhr.tenants SET end_work_at = NULL WHERE tenant_id = @tenant_id;

-- name: ForgetPolls :exec
-- The next connection begins anew: its first pass announces nothing of what stands in the account.
DELETE FROM jazzhr.poll_cursors WHERE tenant_id = @tenant_id;

-- name: DeleteWebhookSecrets :exec
DELETE FROM jazzhr.webhook_secrets WHERE tenant_id = @tenant_id;

-- name: InsertWebhookSecret :one
INSERT INTO jazzhr.webhook_secrets (tenant_id, version, sealed)
SELECT @tenant_id, coalesce(max(s.version), 0) + 1, @sealed
FROM jazzhr.webhook_secrets s
WHERE s.tenant_id = @tenant_id
RETURNING version;

-- name: ValidWebhookSecrets :many
-- The newest secret comes first.
SELECT version, sealed, used_at, expires_at
FROM jazzhr.webhook_secrets
WHERE tenant_id = @tenant_id AND (expires_at IS NULL OR expires_at > jazzhr.now())
ORDER BY version DESC;

-- name: ExpireOldSecrets :exec
UPDATE jazzhr.webhook_secrets
SET expires_at = jazzhr.now()
WHERE tenant_id = @tenant_id
    AND version < @version
    AND (expires_at IS NULL OR expires_at > jazzhr.now());

-- name: MarkSecretUsed :exec
-- With the first request signed with a secret, the secrets before it expire in 24 hours.
WITH used_secret AS (
    UPDATE jazzhr.webhook_secrets w
    SET used_at = jazzhr.now()
    WHERE w.tenant_id = @tenant_id AND w.version = @version AND w.used_at IS NULL
    RETURNING w.tenant_id, w.version
)
UPDATE jazzhr.webhook_secrets s
SET expires_at = jazzhr.now() + interval '24 hours'
FROM used_secret
WHERE s.tenant_id = used_secret.tenant_id
    AND s.version < used_secret.version
    AND s.expires_at IS NULL;

-- name: SystemSealedSecrets :many
SELECT tenant_id, version, sealed
FROM jazzhr.webhook_secrets
WHERE tenant_id = ANY(@tenant_ids::uuid[]);

-- name: ReplaceSealedSecret :execrows
-- Replaces the sealed secret only while it is still the one that was opened. The version alone is
-- not enough, because versions start again after a disconnect.
UPDATE jazzhr.webhook_secrets
SET sealed = @sealed
WHERE tenant_id = @tenant_id AND version = @version AND sealed = @was;

-- name: KnownInJazzHR :one
-- Returns the newest applicant and the opening last seen, which a replacing key must know. An
-- applicant's id contains the time at which it was made, so the greatest id is the newest.
SELECT
    coalesce((
        SELECT a.applicant_id
        FROM jazzhr.applicants a
        WHERE a.tenant_id = @tenant_id AND a.gone_at IS NULL
        ORDER BY a.applicant_id DESC
        LIMIT 1
    ), '')::text AS applicant_id,
    coalesce((
        SELECT o.job_id
        FROM jazzhr.openings o
        WHERE o.tenant_id = @tenant_id AND o.gone_at IS NULL
        ORDER BY o.seen_at DESC
        LIMIT 1
    ), '')::text AS job_id;

-- name: TenantCounts :one
-- The condition on admitted_at is always true. With it Postgres finds what is pending by two small
-- indexes and does not read every row.
SELECT
    (
        SELECT count(*)
        FROM jazzhr.webhooks w
        WHERE w.tenant_id = @tenant_id
            AND w.state = 'pending'
            AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
    ) AS webhooks_waiting,
    (
        SELECT count(*)
        FROM jazzhr.writebacks w
        WHERE w.tenant_id = @tenant_id
            AND w.state = 'pending'
            AND (w.admitted_at IS NULL OR w.admitted_at IS NOT NULL)
    ) AS writebacks_waiting,
    (
        SELECT count(*)
        FROM jazzhr.stage_entries s
        WHERE s.tenant_id = @tenant_id
            AND s.state = 'pending'
            AND (s.admitted_at IS NULL OR s.admitted_at IS NOT NULL)
    ) AS stage_moves_waiting,
    (
        SELECT count(*)
        FROM jazzhr.webhooks w
        WHERE w.tenant_id = @tenant_id AND w.state = 'attention'
    ) AS webhooks_attention,
    (
        SELECT count(*)
        FROM jazzhr.writebacks w
        WHERE w.tenant_id = @tenant_id AND w.state = 'attention'
    ) AS writebacks_attention,
    (
        SELECT count(*)
        FROM jazzhr.stage_entries s
        WHERE s.tenant_id = @tenant_id AND s.state = 'attention'
    ) AS stage_moves_attention;
