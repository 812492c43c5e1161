-- name: SetNoteContent :exec
UPDATE jazzhr.tenants
SET
    note_score = @score,
    note_summary = @summary,
    note_link = @link,
    note_transcript = @transcript,
    transcript_consent_by = sqlc.narg(consent_by),
    transcript_consent_at = CASE
        WHEN sqlc.narg(consent_by)::text IS NULL THEN NULL
        WHEN sqlc.narg(consent_by) = transcript_consent_by THEN transcript_consent_at
        ELSE jazzhr.now()
    END
WHERE tenant_id = @tenant_id;

-- name: ConnectProgress :one
-- Returns how far a connection has come. The time of what has not happened is the epoch. The
-- connection began with its first secret, because a disconnect deletes all secrets.
--
-- What came in is found by ids of version 7. Another clock may have made them a little too early,
-- so the search begins a minute before the connection.
WITH secrets AS (
    SELECT min(created_at) AS at, max(created_at) AS newest, count(*) AS secrets
    FROM jazzhr.webhook_secrets
    WHERE tenant_id = @tenant_id
), earliest AS MATERIALIZED (
    SELECT jazzhr.first_id(coalesce(at, jazzhr.now()) - interval '1 minute') AS id
    FROM secrets
)
SELECT
    (
        SELECT count(*)
        FROM jazzhr.openings o
        WHERE o.tenant_id = @tenant_id AND o.gone_at IS NULL AND lower(o.status) = 'open'
    ) AS open_jobs,
    b.secrets > 0 AS has_secret,
    coalesce(b.newest, 'epoch')::timestamptz AS secret_at,
    EXISTS (
        SELECT
        FROM jazzhr.actions a
        WHERE a.tenant_id = @tenant_id AND a.what = @saved AND a.at >= b.newest
    ) AS saved,
    coalesce((
        SELECT w.received_at
        FROM jazzhr.webhooks w
        WHERE w.tenant_id = @tenant_id AND w.webhook_id >= e.id
        ORDER BY w.webhook_id
        LIMIT 1
    ), 'epoch')::timestamptz AS exported_at,
    coalesce((
        SELECT n.done_at
        FROM jazzhr.steps n
        WHERE n.tenant_id = @tenant_id
            AND n.writeback_id >= e.id
            AND n.kind = 'write_notes'
            AND n.state = 'done'
        ORDER BY n.writeback_id
        LIMIT 1
    ), 'epoch')::timestamptz AS noted_at
FROM secrets b, earliest e;

-- name: OpenOpenings :many
-- Returns the jobs that an auto trigger can be limited to.
SELECT job_id, title
FROM jazzhr.openings
WHERE tenant_id = @tenant_id AND gone_at IS NULL AND lower(status) = 'open'
ORDER BY title, job_id
LIMIT sqlc.arg(max_rows);
