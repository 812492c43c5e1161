-- name: PollState :many
-- Returns how far each of a tenant's lists has been read, whether the tenant may be read now, and
-- the time. There is one row for each list, or a single row without a list.
SELECT
    jazzhr.now()::timestamptz AS now,
    (t.key_sealed IS NOT NULL)::boolean AS connected,
    t.key_state,
    t.paused_at,
    c.list,
    c.newest_day,
    c.baseline_day,
    c.head,
    c.passes,
    c.passed_at,
    c.full_page,
    c.full_at,
    c.cut_page,
    c.cut_day,
    c.turn_at,
    c.short_since
FROM jazzhr.tenants t
LEFT JOIN jazzhr.poll_cursors c ON c.tenant_id = t.tenant_id
WHERE t.tenant_id = @tenant_id;

-- name: ListCursors :many
SELECT
    list,
    passed_at,
    full_page,
    full_rows,
    full_missed,
    full_at
FROM jazzhr.poll_cursors
WHERE tenant_id = @tenant_id;

-- name: UnfinishedBackfills :one
-- Counts the lists of people that have had no complete full pass.
SELECT 2 - count(*)
FROM jazzhr.poll_cursors
WHERE tenant_id = @tenant_id AND list IN ('applicants', 'links') AND full_at IS NOT NULL;

-- name: KeepFullPage :exec
UPDATE jazzhr.poll_cursors
SET full_page = @full_page
WHERE tenant_id = @tenant_id AND list = @list AND full_at IS NULL;

-- name: EndFullPass :one
-- Returns whether it was the first full pass.
UPDATE jazzhr.poll_cursors p
SET
    full_at = jazzhr.now(),
    full_page = 0,
    full_rows = @full_rows,
    full_missed = @full_missed
FROM (
    SELECT full_at
    FROM jazzhr.poll_cursors
    WHERE tenant_id = @tenant_id AND list = @list
    FOR UPDATE
) before
WHERE p.tenant_id = @tenant_id AND p.list = @list
RETURNING (before.full_at IS NULL)::boolean AS first;

-- name: ListedRows :one
SELECT
    (
        SELECT count(*)
        FROM jazzhr.applicants a
        WHERE a.tenant_id = @tenant_id AND a.listed_at IS NOT NULL AND a.gone_at IS NULL
    ) AS applicants,
    (SELECT count(*) FROM jazzhr.links l WHERE l.tenant_id = @tenant_id) AS links,
    (
        SELECT count(*)
        FROM jazzhr.openings o
        WHERE o.tenant_id = @tenant_id AND o.gone_at IS NULL
    ) AS jobs;

-- name: ListedApplicants :many
-- Returns those of the given applicants that a pass has taken in.
SELECT applicant_id
FROM jazzhr.applicants
WHERE tenant_id = @tenant_id
    AND applicant_id = ANY(@applicant_ids::text[])
    AND listed_at IS NOT NULL;

-- name: ListApplicants :many
-- Takes applicants in from a pass, and returns those that no pass had taken in before. Rows are
-- written in the order of their ids, so that two passes at once cannot deadlock.
INSERT INTO jazzhr.applicants (
    tenant_id,
    applicant_id,
    email,
    folded_name,
    read_at,
    listed_at
)
SELECT
    @tenant_id,
    a.applicant_id,
    nullif(a.email, ''),
    a.folded_name,
    CASE WHEN @were_read::boolean THEN jazzhr.now() END,
    jazzhr.now()
FROM (
    SELECT
        unnest(@applicant_ids::text[]) AS applicant_id,
        unnest(@emails::text[]) AS email,
        unnest(@folded_names::text[]) AS folded_name
) a
ORDER BY a.applicant_id
ON CONFLICT (tenant_id, applicant_id) DO UPDATE
SET
    listed_at = excluded.listed_at,
    email = CASE WHEN @were_read::boolean THEN excluded.email ELSE applicants.email END,
    folded_name = excluded.folded_name,
    read_at = coalesce(excluded.read_at, applicants.read_at),
    gone_at = NULL,
    gone_told_at = NULL
WHERE applicants.listed_at IS NULL
RETURNING applicant_id;

-- name: FindApplicantsAgain :exec
-- The applicants stand in JazzHR's list, so they are not gone.
UPDATE jazzhr.applicants
SET gone_at = NULL, gone_told_at = NULL
WHERE tenant_id = @tenant_id
    AND applicant_id = ANY(@applicant_ids::text[])
    AND gone_at IS NOT NULL;

-- name: KnownApplicants :many
-- Returns all applicants that were known at the given time and that Intrvio was not told are gone.
SELECT applicant_id, read_at
FROM jazzhr.applicants
WHERE tenant_id = @tenant_id
    AND applicant_id > @after
    AND created_at < @known_at
    AND gone_told_at IS NULL
ORDER BY applicant_id
LIMIT sqlc.arg(max_rows);

-- name: TellApplicantGone :execrows
UPDATE jazzhr.applicants
SET gone_at = coalesce(gone_at, jazzhr.now()), gone_told_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND applicant_id = @applicant_id AND gone_told_at IS NULL;

-- name: KnownLinks :many
SELECT link_id
FROM jazzhr.links
WHERE tenant_id = @tenant_id AND link_id = ANY(@link_ids::text[]);

-- name: InsertLinks :many
-- Returns the ids that were new. Rows are inserted in the order of their ids, so that two passes at
-- once cannot deadlock.
INSERT INTO jazzhr.links (
    tenant_id,
    link_id,
    applicant_id,
    job_id,
    linked_on
)
SELECT
    @tenant_id,
    l.link_id,
    l.applicant_id,
    l.job_id,
    nullif(l.linked_on, '')::date
FROM (
    SELECT
        unnest(@link_ids::text[]) AS link_id,
        unnest(@applicant_ids::text[]) AS applicant_id,
        unnest(@job_ids::text[]) AS job_id,
        unnest(@days::text[]) AS linked_on
) l
ORDER BY l.link_id
ON CONFLICT DO NOTHING
RETURNING link_id;

-- name: MadeKeys :many
-- Returns those of the keys of a kind of effect under which we wrote or may have written.
SELECT key
FROM jazzhr.effects
WHERE tenant_id = @tenant_id
    AND kind = @kind
    AND key = ANY(@keys::text[])
    AND sends > 0
    AND state IN ('sending', 'unknown', 'done');

-- name: MadeApplicants :many
-- Returns the keys of the creates of some emails that we sent or may have sent.
SELECT key
FROM jazzhr.effects
WHERE tenant_id = @tenant_id
    AND effect_id = ANY(ARRAY(
        SELECT jazzhr.creates_by_email(@tenant_id, @emails::text[])
    ))
    AND sends > 0
    AND state IN ('sending', 'unknown', 'done');

-- name: SystemDueFullSyncs :many
-- Takes full passes that are due, as long as no more than at_once are active. A tenant moves on by
-- whole days, so it keeps its hour. Active passes are counted as by SystemDueAudits.
UPDATE jazzhr.tenants t
SET next_full_at = t.next_full_at
    + interval '1 day' * ceil(
        greatest(1, extract(epoch FROM jazzhr.now() - t.next_full_at) / 86400)
    )
WHERE t.ctid = ANY(ARRAY(
    SELECT d.ctid
    FROM jazzhr.tenants d
    WHERE d.connection = 'verified'
        AND d.key_state = 'ok'
        AND d.paused_at IS NULL
        AND d.next_full_at <= jazzhr.now()
    ORDER BY d.next_full_at
    LIMIT greatest(0, sqlc.arg(at_once)::bigint - (
        SELECT count(*)
        FROM jazzhr.river_job
        WHERE queue = 'syncs'
            AND kind = 'full_sync'
            AND state IN ('available', 'running')
    ))
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING t.tenant_id;
