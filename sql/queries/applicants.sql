-- name: ProposedApplicants :many
-- Returns who may have one of the emails or names, apart from those who were listed. Those with one
-- of the emails come first.
SELECT applicant_id, coalesce(folded_name, '')::text AS folded_name
FROM jazzhr.applicants
WHERE tenant_id = @tenant_id
    AND gone_at IS NULL
    AND (email = ANY(@emails::text[]) OR folded_name = ANY(@names::text[]))
    AND applicant_id <> ALL(@listed::text[])
ORDER BY (email = ANY(@emails::text[])) DESC NULLS LAST, created_at, applicant_id
LIMIT sqlc.arg(max_rows);

-- name: KnownDetails :many
-- Returns those of the given applicants that were read at the given time or later.
SELECT
    applicant_id,
    coalesce(email, '')::text AS email,
    coalesce(folded_name, '')::text AS folded_name
FROM jazzhr.applicants
WHERE tenant_id = @tenant_id
    AND applicant_id = ANY(@applicant_ids::text[])
    AND read_at >= @since;

-- name: ApplicantsBefore :many
-- Returns those of the given applicants that were known before a time, or whose email another create
-- has sent.
SELECT a.applicant_id
FROM jazzhr.applicants a
WHERE a.tenant_id = @tenant_id
    AND a.applicant_id = ANY(@applicant_ids::text[])
    AND (
        a.created_at < @before::timestamptz
        OR EXISTS (
            SELECT
            FROM jazzhr.effects e
            WHERE e.tenant_id = a.tenant_id
                AND e.effect_id = ANY(ARRAY(
                    SELECT jazzhr.creates_by_email(@tenant_id, ARRAY[a.email])
                ))
                AND e.sends > 0
        )
    );

-- name: UpsertApplicant :exec
INSERT INTO jazzhr.applicants (
    tenant_id,
    applicant_id,
    email,
    folded_name,
    read_at
)
VALUES (
    @tenant_id,
    @applicant_id,
    nullif(@email::text, ''),
    @folded_name,
    jazzhr.now()
)
ON CONFLICT (tenant_id, applicant_id) DO UPDATE
SET
    email = excluded.email,
    folded_name = excluded.folded_name,
    read_at = excluded.read_at,
    gone_at = NULL;

-- name: MarkApplicantGone :exec
UPDATE jazzhr.applicants
SET gone_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND applicant_id = @applicant_id AND gone_at IS NULL;
