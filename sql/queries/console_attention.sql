-- name: SystemAttention :many
-- Returns the cases of all tenants, or of some, in the order of their ids, which is that of time.
SELECT
    a.tenant_id,
    t.name AS tenant_name,
    a.item_id,
    a.type,
    a.since,
    a.problem,
    a.step,
    a.interview_id,
    a.revision,
    a.first_name,
    a.last_name,
    a.stage
FROM (
    (
        SELECT
            w.tenant_id,
            w.writeback_id AS item_id,
            'writeback'::text AS type,
            coalesce(w.done_at, w.created_at)::timestamptz AS since,
            coalesce(w.last_error, '')::text AS problem,
            w.step::text AS step,
            w.interview_id::text AS interview_id,
            w.revision::integer AS revision,
            coalesce(w.first_name, '')::text AS first_name,
            coalesce(w.last_name, '')::text AS last_name,
            ''::text AS stage
        FROM jazzhr.writebacks w
        WHERE w.state = 'attention'
            AND w.writeback_id > @after
            AND (sqlc.narg(problem)::text IS NULL OR w.last_error = sqlc.narg(problem))
            AND (
                sqlc.narg(tenant_ids)::uuid[] IS NULL
                OR w.tenant_id = ANY(sqlc.narg(tenant_ids)::uuid[])
            )
        ORDER BY w.writeback_id
        LIMIT sqlc.arg(max_rows)
    )
    UNION ALL
    (
        SELECT
            h.tenant_id,
            h.webhook_id,
            'webhook',
            coalesce(h.done_at, h.received_at),
            coalesce(h.problem, ''),
            '',
            '',
            0,
            '',
            '',
            ''
        FROM jazzhr.webhooks h
        WHERE h.state = 'attention'
            AND h.webhook_id > @after
            AND (sqlc.narg(problem)::text IS NULL OR h.problem = sqlc.narg(problem))
            AND (
                sqlc.narg(tenant_ids)::uuid[] IS NULL
                OR h.tenant_id = ANY(sqlc.narg(tenant_ids)::uuid[])
            )
        ORDER BY h.webhook_id
        LIMIT sqlc.arg(max_rows)
    )
    UNION ALL
    (
        SELECT
            s.tenant_id,
            s.case_id,
            'stage_move',
            coalesce(s.done_at, s.first_seen_at),
            coalesce(s.outcome, ''),
            '',
            '',
            0,
            '',
            '',
            s.stage
        FROM jazzhr.stage_entries s
        WHERE s.state = 'attention'
            AND s.case_id > @after
            AND (sqlc.narg(problem)::text IS NULL OR s.outcome = sqlc.narg(problem))
            AND (
                sqlc.narg(tenant_ids)::uuid[] IS NULL
                OR s.tenant_id = ANY(sqlc.narg(tenant_ids)::uuid[])
            )
        ORDER BY s.case_id
        LIMIT sqlc.arg(max_rows)
    )
) a
JOIN jazzhr.tenants t ON t.tenant_id = a.tenant_id
ORDER BY a.item_id
LIMIT sqlc.arg(max_rows);

-- name: SystemAttentionProblems :many
-- Counts the cases by type and problem. Of each type no more than most are counted.
SELECT
    p.type::text AS type,
    p.problem::text AS problem,
    count(*) AS items
FROM (
    (
        SELECT 'writeback' AS type, coalesce(w.last_error, '') AS problem
        FROM jazzhr.writebacks w
        WHERE w.state = 'attention'
        LIMIT sqlc.arg(most)
    )
    UNION ALL
    (
        SELECT 'webhook', coalesce(h.problem, '')
        FROM jazzhr.webhooks h
        WHERE h.state = 'attention'
        LIMIT sqlc.arg(most)
    )
    UNION ALL
    (
        SELECT 'stage_move', coalesce(s.outcome, '')
        FROM jazzhr.stage_entries s
        WHERE s.state = 'attention'
        LIMIT sqlc.arg(most)
    )
) p
GROUP BY p.type, p.problem
ORDER BY items DESC, p.type, p.problem;

-- name: SystemTenantsLike :many
-- Finds tenants by external id, or by a text that their name contains. The pattern is the text
-- between two percent signs, with LIKE's own characters escaped.
SELECT tenant_id, name
FROM jazzhr.tenants
WHERE external_id = @text OR name ILIKE @pattern
ORDER BY name, tenant_id
LIMIT sqlc.arg(max_rows);

-- name: StepInAttention :many
-- Returns the step of a writeback that stopped, with its effect. There is no row if the writeback
-- goes on or has ended.
SELECT
    s.kind,
    s.part,
    coalesce(s.last_error, e.problem, '')::text AS problem,
    coalesce(e.key, '')::text AS key,
    coalesce(e.state, '')::text AS effect_state,
    coalesce(e.sends, 0)::integer AS sends,
    e.first_sent_at,
    coalesce(e.refusal, '')::text AS refusal,
    coalesce(e.remote_id, '')::text AS remote_id,
    e.evidence
FROM jazzhr.steps s
LEFT JOIN jazzhr.effects e ON e.tenant_id = s.tenant_id AND e.effect_id = s.effect_id
WHERE s.tenant_id = @tenant_id AND s.writeback_id = @writeback_id AND s.state = 'attention';

-- name: SharersOfEffect :one
-- Counts the other writebacks that need a person because of the same effect.
SELECT count(*)
FROM jazzhr.steps s
JOIN jazzhr.steps o ON o.tenant_id = s.tenant_id AND o.effect_id = s.effect_id
WHERE s.tenant_id = @tenant_id
    AND s.writeback_id = @writeback_id
    AND s.state = 'attention'
    AND o.state = 'attention'
    AND o.writeback_id <> s.writeback_id;

-- name: ApplicantsAsEvidence :many
-- Returns what we know of some applicants: those with the given ids, email or name.
SELECT
    a.applicant_id,
    coalesce(a.email, '')::text AS email,
    coalesce(a.folded_name, '')::text AS folded_name,
    a.read_at,
    a.gone_at,
    ARRAY(
        SELECT coalesce(o.title, l.job_id)::text
        FROM jazzhr.links l
        LEFT JOIN jazzhr.openings o ON o.tenant_id = l.tenant_id AND o.job_id = l.job_id
        WHERE l.tenant_id = a.tenant_id AND l.applicant_id = a.applicant_id
        ORDER BY l.link_id
        LIMIT 10
    )::text[] AS jobs
FROM jazzhr.applicants a
WHERE a.tenant_id = @tenant_id
    AND (
        a.applicant_id = ANY(@applicant_ids::text[])
        OR a.email = sqlc.narg(email)
        OR a.folded_name = sqlc.narg(folded_name)
    )
ORDER BY
    (a.applicant_id = ANY(@applicant_ids::text[])) DESC,
    a.gone_at IS NOT NULL,
    a.applicant_id
LIMIT sqlc.arg(max_rows);

-- name: JobTitle :many
-- Returns what a job is called, in at most one row.
SELECT title, coalesce(board_code, '')::text AS board_code
FROM jazzhr.openings
WHERE tenant_id = @tenant_id
    AND (job_id = sqlc.narg(job_id) OR board_code = sqlc.narg(board_code))
LIMIT 1;

-- name: DecisionsOn :many
-- Returns what people decided about a case, the oldest decision first.
SELECT
    problem,
    decision,
    coalesce(remote_id, '')::text AS remote_id,
    decided_by,
    decided_at
FROM jazzhr.decisions
WHERE tenant_id = @tenant_id AND item_id = @item_id
ORDER BY decision_id;

-- name: TenantNames :many
-- Returns at most one row.
SELECT name FROM jazzhr.tenants WHERE tenant_id = @tenant_id;
