-- name: SystemDueAudits :many
-- Takes audits that are due, as long as no more than at_once are active. A tenant moves on by whole
-- days, so it keeps its hour. A tenant that was overdue for several days is audited once.
--
-- Active audits are counted by their state and queue. Counting by kind alone would also read the
-- finished jobs that River still keeps, once a second.
UPDATE jazzhr.tenants t
SET next_audit_at = t.next_audit_at
    + interval '1 day' * ceil(
        greatest(1, extract(epoch FROM jazzhr.now() - t.next_audit_at) / 86400)
    )
WHERE t.ctid = ANY(ARRAY(
    SELECT d.ctid
    FROM jazzhr.tenants d
    WHERE d.connection = 'verified'
        AND d.key_state = 'ok'
        AND d.paused_at IS NULL
        AND d.next_audit_at <= jazzhr.now()
    ORDER BY d.next_audit_at
    LIMIT greatest(0, sqlc.arg(at_once)::bigint - (
        SELECT count(*)
        FROM jazzhr.river_job
        WHERE queue = 'audits'
            AND kind = 'audit_duplicates'
            AND state IN ('available', 'running')
    ))
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING t.tenant_id;

-- name: SystemDuplicatesFound :one
-- Adds up the latest audit of each connected tenant.
SELECT
    coalesce(sum(a.ours), 0)::bigint AS ours,
    coalesce(sum(a.theirs), 0)::bigint AS theirs
FROM jazzhr.audits a
JOIN jazzhr.tenants t USING (tenant_id)
WHERE a.latest AND (a.ours > 0 OR a.theirs > 0) AND t.connection = 'verified';

-- name: BeginAudit :one
INSERT INTO jazzhr.audits (tenant_id, audit_id)
VALUES (@tenant_id, @audit_id)
RETURNING started_at;

-- name: DeleteOldAudits :exec
DELETE FROM jazzhr.audits
WHERE tenant_id = @tenant_id
    AND NOT latest
    AND started_at < jazzhr.now() - @retention::interval;

-- name: LatestAudit :one
SELECT ours, findings
FROM jazzhr.audits
WHERE tenant_id = @tenant_id AND latest;

-- name: NotesAuditedAt :one
-- Returns when the last audit that got through the notes began, and no row if there was none.
SELECT max(started_at)::timestamptz AS audited_at
FROM jazzhr.audits
WHERE tenant_id = @tenant_id
    AND finished_at IS NOT NULL
    AND NOT 'note' = ANY(unfinished)
HAVING count(*) > 0;

-- name: SupersedeAudit :exec
UPDATE jazzhr.audits
SET latest = false
WHERE tenant_id = @tenant_id AND latest;

-- name: FinishAudit :one
UPDATE jazzhr.audits
SET
    finished_at = jazzhr.now(),
    latest = true,
    ours = @ours,
    theirs = @theirs,
    counts = @counts,
    findings = @findings,
    unfinished = @unfinished,
    stopped_by = sqlc.narg(stopped_by)
WHERE tenant_id = @tenant_id AND audit_id = @audit_id
RETURNING finished_at::timestamptz AS finished_at;

-- name: SentKeys :many
-- Returns those of the keys under which something was sent.
SELECT key
FROM jazzhr.effects
WHERE tenant_id = @tenant_id
    AND kind = @kind
    AND key = ANY(@keys::text[])
    AND sends > 0;

-- name: SentEmails :many
-- Returns those of the emails for which an applicant was sent.
SELECT DISTINCT split_part(key, ' ', 1)::text AS email
FROM jazzhr.effects
WHERE tenant_id = @tenant_id
    AND effect_id = ANY(ARRAY(
        SELECT jazzhr.creates_by_email(@tenant_id, @emails::text[])
    ))
    AND sends > 0;

-- name: NotedApplicants :many
-- Returns the applicants to whom a note was sent that was settled at the given time or later, or is
-- not settled yet.
SELECT DISTINCT w.applicant_id::text AS applicant_id
FROM jazzhr.effects e
JOIN jazzhr.steps s ON s.tenant_id = e.tenant_id AND s.effect_id = e.effect_id
JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id AND w.writeback_id = s.writeback_id
WHERE e.tenant_id = @tenant_id
    AND e.kind = 'write_note'
    AND e.sends > 0
    AND w.applicant_id IS NOT NULL
    AND (e.settled_at IS NULL OR e.settled_at >= @since)
ORDER BY applicant_id;
