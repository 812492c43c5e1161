-- name: SetNoteContent :exec
UPDATE jazzhr.tenants SET note_score = @score, note_summary = @summary, note_link = @link, note_transcript = @transcript
WHERE tenant_id = @tenant_id;

-- name: ConnectProgress :one
-- How far a connection is; what has not happened is of the epoch. It began with its first secret, since a disconnect erases them; what came in is named by ids of
-- version 7, which another clock may have given out a little earlier.
WITH began AS (
    SELECT min(created_at) AS at, max(created_at) AS newest, count(*) AS secrets
    FROM jazzhr.webhook_secrets WHERE tenant_id = @tenant_id
), since AS (
    SELECT jazzhr.first_id(coalesce(at, jazzhr.now()) - interval '1 minute') AS id FROM began
)
SELECT
    (SELECT count(*) FROM jazzhr.openings o
        WHERE o.tenant_id = @tenant_id AND o.gone_at IS NULL AND lower(o.status) = 'open') AS open_jobs,
    b.secrets > 0 AS has_secret, coalesce(b.newest, 'epoch')::timestamptz AS secret_at,
    EXISTS (SELECT FROM jazzhr.actions a
        WHERE a.tenant_id = @tenant_id AND a.what = @saved AND a.at >= b.newest) AS saved,
    coalesce((SELECT w.received_at FROM jazzhr.webhooks w
        WHERE w.tenant_id = @tenant_id AND w.webhook_id >= s.id ORDER BY w.webhook_id LIMIT 1), 'epoch')::timestamptz AS exported_at,
    coalesce((SELECT n.done_at FROM jazzhr.steps n
        WHERE n.tenant_id = @tenant_id AND n.writeback_id >= s.id AND n.kind = 'write_notes' AND n.state = 'done'
        ORDER BY n.writeback_id LIMIT 1), 'epoch')::timestamptz AS noted_at
FROM began b, since s;

-- name: OpenOpenings :many
-- The jobs to choose from for an auto trigger.
SELECT job_id, title FROM jazzhr.openings
WHERE tenant_id = @tenant_id AND gone_at IS NULL AND lower(status) = 'open'
ORDER BY title, job_id LIMIT sqlc.arg(max_rows);
