-- name: ApplicantsByEmail :many
-- Returns nothing while a create for the email is being sent or is unknown: such an effect must be
-- settled by a read of its own.
SELECT a.applicant_id
FROM jazzhr.applicants a
WHERE a.tenant_id = @tenant_id
    AND a.email = @email
    AND a.gone_at IS NULL
    AND NOT EXISTS (
        SELECT
        FROM jazzhr.effects e
        WHERE e.tenant_id = a.tenant_id
            AND e.kind = 'create_applicant'
            AND e.key = a.email
            AND e.state IN ('sending', 'unknown')
    )
ORDER BY a.created_at
LIMIT 2;

-- name: KnownEmails :many
-- Returns those of the given applicants whose email was read at the given time or later.
SELECT applicant_id, coalesce(email, '')::text AS email
FROM jazzhr.applicants
WHERE tenant_id = @tenant_id
    AND applicant_id = ANY(@applicant_ids::text[])
    AND read_at >= @since;

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
