-- name: LockOpenings :one
-- Locks the cursor, so that only one transaction at a time compares with the mirror. passed_at is
-- null until a first pass was complete.
SELECT passed_at
FROM jazzhr.poll_cursors
WHERE tenant_id = @tenant_id AND list = 'openings'
FOR UPDATE;

-- name: BeginOpenings :exec
INSERT INTO jazzhr.poll_cursors (tenant_id, list)
VALUES (@tenant_id, 'openings')
ON CONFLICT DO NOTHING;

-- name: CompleteOpenings :exec
INSERT INTO jazzhr.poll_cursors (tenant_id, list, passes, passed_at)
VALUES (@tenant_id, 'openings', 1, jazzhr.now())
ON CONFLICT (tenant_id, list) DO UPDATE
SET passes = poll_cursors.passes + 1, passed_at = excluded.passed_at;

-- name: OpeningsCompleteAt :one
SELECT passed_at
FROM jazzhr.poll_cursors
WHERE tenant_id = @tenant_id AND list = 'openings';

-- name: OpeningsByID :many
SELECT * FROM jazzhr.openings WHERE tenant_id = @tenant_id AND job_id = ANY(@job_ids::text[]);

-- name: OpeningIDs :many
SELECT job_id
FROM jazzhr.openings
WHERE tenant_id = @tenant_id AND gone_at IS NULL
ORDER BY job_id;

-- name: UpsertOpening :exec
INSERT INTO jazzhr.openings (
    tenant_id,
    job_id,
    board_code,
    title,
    status,
    department,
    city,
    state,
    country_id
)
VALUES (
    @tenant_id,
    @job_id,
    nullif(@board_code::text, ''),
    @title,
    @status,
    @department,
    @city,
    @state,
    @country_id
)
ON CONFLICT (tenant_id, job_id) DO UPDATE
SET
    board_code = excluded.board_code,
    title = excluded.title,
    status = excluded.status,
    department = excluded.department,
    city = excluded.city,
    state = excluded.state,
    country_id = excluded.country_id,
    seen_at = excluded.seen_at,
    gone_at = NULL;

-- name: MarkOpeningGone :exec
UPDATE jazzhr.openings
SET gone_at = jazzhr.now(), seen_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND job_id = @job_id AND gone_at IS NULL;

-- name: RememberOpening :exec
-- Stores an opening that was read while a key was connected, unless a pass was complete before.
-- From then on only passes add openings, because they also announce what is new.
INSERT INTO jazzhr.openings (
    tenant_id,
    job_id,
    board_code,
    title,
    status
)
SELECT
    @tenant_id,
    @job_id,
    nullif(@board_code::text, ''),
    @title,
    @status
WHERE NOT EXISTS (
    SELECT
    FROM jazzhr.poll_cursors c
    WHERE c.tenant_id = @tenant_id AND c.list = 'openings' AND c.passed_at IS NOT NULL
)
ON CONFLICT DO NOTHING;

-- name: Opening :one
SELECT *
FROM jazzhr.openings
WHERE tenant_id = @tenant_id AND job_id = @job_id AND gone_at IS NULL;

-- name: OpeningByBoardCode :one
SELECT *
FROM jazzhr.openings
WHERE tenant_id = @tenant_id AND board_code = @board_code AND gone_at IS NULL
ORDER BY seen_at DESC
LIMIT 1;

-- name: ListOpenings :many
-- A job's id contains the time at which it was made, so this is also the order of their creation.
SELECT *
FROM jazzhr.openings
WHERE tenant_id = @tenant_id
    AND job_id > @after
    AND gone_at IS NULL
    AND (sqlc.narg(status)::text IS NULL OR lower(status) = lower(sqlc.narg(status)))
ORDER BY job_id
LIMIT sqlc.arg(max_rows);

-- name: SystemDueOpenings :many
-- Openings are polled once an hour. Tenants are taken and moved on as by SystemDuePolls.
UPDATE jazzhr.tenants t
SET next_openings_at = t.next_openings_at
    + interval '1 hour' * ceil(
        greatest(1, extract(epoch FROM jazzhr.now() - t.next_openings_at) / 3600)
    )
WHERE t.ctid = ANY(ARRAY(
    SELECT d.ctid
    FROM jazzhr.tenants d
    WHERE d.connection = 'verified'
        AND d.key_state = 'ok'
        AND d.paused_at IS NULL
        AND d.next_openings_at <= jazzhr.now()
    ORDER BY d.next_openings_at
    LIMIT sqlc.arg(max_rows)
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING t.tenant_id;
