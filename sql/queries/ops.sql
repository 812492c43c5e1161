-- name: SystemInsertSession :exec
INSERT INTO jazzhr.sessions (token_hash, name, role, subject, expires_at)
VALUES (@token_hash, @name, @role, sqlc.narg(subject), jazzhr.now() + @lifetime::interval);

-- name: SystemSession :one
SELECT name, role, subject
FROM jazzhr.sessions
WHERE token_hash = @token_hash
    AND expires_at > jazzhr.now();

-- name: SystemSessions :many
SELECT session_id, name, role, subject, created_at, expires_at
FROM jazzhr.sessions
WHERE expires_at > jazzhr.now()
ORDER BY created_at DESC, session_id
LIMIT sqlc.arg(max_rows);

-- name: SystemEndSession :one
DELETE FROM jazzhr.sessions
WHERE session_id = @session_id
    AND expires_at > jazzhr.now()
RETURNING name;

-- name: SystemEndOtherRoles :exec
-- Ends the sessions of a person that have another role than the one given.
DELETE FROM jazzhr.sessions
WHERE subject = @subject::text
    AND role <> @role;

-- name: SystemDeleteSession :exec
DELETE FROM jazzhr.sessions WHERE token_hash = @token_hash;

-- name: SystemPurgeSessions :execrows
DELETE FROM jazzhr.sessions WHERE expires_at < jazzhr.now();

-- name: SystemEmptyWebhookBodies :execrows
-- Rows are updated by ctid, here and in all queries of retention. A join by the key would read the
-- whole table: the planner does not know how many rows the limit lets through, and assumes a tenth
-- of the table.
UPDATE jazzhr.webhooks
SET body = NULL
WHERE ctid = ANY(ARRAY(
    SELECT w.ctid
    FROM jazzhr.webhooks w
    WHERE w.body IS NOT NULL
        AND w.state = 'done'
        AND w.received_at < jazzhr.now() - @retention::interval
        AND w.done_at < jazzhr.now() - @retention::interval
    ORDER BY w.received_at
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemEmptyTranscripts :execrows
UPDATE jazzhr.writebacks
SET transcript = NULL
WHERE ctid = ANY(ARRAY(
    SELECT w.ctid
    FROM jazzhr.writebacks w
    WHERE w.transcript IS NOT NULL
        AND w.state IN ('done', 'rejected')
        AND w.done_at < jazzhr.now() - @retention::interval
    ORDER BY w.done_at
    LIMIT sqlc.arg(max_rows)
    FOR UPDATE SKIP LOCKED
));

-- name: SystemDatabaseNow :one
SELECT jazzhr.now()::timestamptz;

-- name: SystemMinReleaseSchema :one
-- Returns the newest migration that a release must know to work on this schema.
SELECT min_release_schema FROM jazzhr.schema_compat;
