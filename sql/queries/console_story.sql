-- How support finds a candidate among all tenants, and what one candidate's story is made of. A
-- search can be limited to a tenant. An id of zeros stands for all tenants. Names are compared as
-- jazzhr.fold_name writes them, from their beginning or from that of the last name. until is the
-- first text that no longer begins with the name.

-- name: SystemFindRequests :many
SELECT
    found.tenant_id,
    found.request_id,
    found.applicant_id,
    found.email,
    found.first_name,
    found.last_name,
    found.created_at
FROM (
    (
        SELECT r.*
        FROM jazzhr.interview_requests r
        WHERE r.email = sqlc.arg(email)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR r.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION
    (
        SELECT r.*
        FROM jazzhr.interview_requests r
        WHERE r.applicant_id = sqlc.arg(id)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR r.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION
    (
        SELECT r.*
        FROM jazzhr.interview_requests r
        WHERE r.job_id = sqlc.arg(id)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR r.tenant_id = @tenant
            )
        ORDER BY r.created_at DESC
        LIMIT sqlc.arg(max_scan)
    )
    UNION
    (
        SELECT r.*
        FROM jazzhr.interview_requests r
        WHERE jazzhr.fold_name(coalesce(r.first_name, '') || ' ' || coalesce(r.last_name, ''))
                ~>=~ sqlc.arg(name)::text
            AND jazzhr.fold_name(coalesce(r.first_name, '') || ' ' || coalesce(r.last_name, ''))
                ~<~ sqlc.arg(until)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR r.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION
    (
        SELECT r.*
        FROM jazzhr.interview_requests r
        WHERE jazzhr.fold_name(r.last_name) ~>=~ sqlc.arg(name)::text
            AND jazzhr.fold_name(r.last_name) ~<~ sqlc.arg(until)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR r.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
) found
ORDER BY found.created_at DESC, found.request_id
LIMIT sqlc.arg(max_rows);

-- name: SystemFindWritebacks :many
-- A writeback that answers a request is found through the request. Only by applicant id is it also
-- found itself, because it may have got or found that id in JazzHR.
SELECT
    found.tenant_id,
    found.writeback_id,
    found.request_id,
    found.applicant_id,
    found.email,
    found.first_name,
    found.last_name,
    found.created_at
FROM (
    (
        SELECT w.*
        FROM jazzhr.writebacks w
        WHERE lower(w.email) = sqlc.arg(email)::text
            AND w.request_id IS NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION ALL
    (
        SELECT w.*
        FROM jazzhr.writebacks w
        WHERE w.applicant_id = sqlc.arg(id)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION ALL
    (
        SELECT w.*
        FROM jazzhr.writebacks w
        WHERE w.job_id = sqlc.arg(id)::text
            AND w.request_id IS NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        ORDER BY w.created_at DESC
        LIMIT sqlc.arg(max_scan)
    )
    UNION ALL
    (
        SELECT w.*
        FROM jazzhr.writebacks w
        WHERE jazzhr.fold_name(coalesce(w.first_name, '') || ' ' || coalesce(w.last_name, ''))
                ~>=~ sqlc.arg(name)::text
            AND jazzhr.fold_name(coalesce(w.first_name, '') || ' ' || coalesce(w.last_name, ''))
                ~<~ sqlc.arg(until)::text
            AND w.request_id IS NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION ALL
    (
        SELECT w.*
        FROM jazzhr.writebacks w
        WHERE jazzhr.fold_name(w.last_name) ~>=~ sqlc.arg(name)::text
            AND jazzhr.fold_name(w.last_name) ~<~ sqlc.arg(until)::text
            AND w.request_id IS NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
) found
ORDER BY found.created_at DESC, found.writeback_id
LIMIT sqlc.arg(max_rows);

-- name: SystemFindApplicants :many
-- Finds the people that polls have seen, whether or not an interview was asked for.
SELECT
    found.tenant_id,
    found.applicant_id,
    found.email,
    found.folded_name,
    found.created_at
FROM (
    (
        SELECT a.*
        FROM jazzhr.applicants a
        WHERE a.email = sqlc.arg(email)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR a.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION
    (
        SELECT a.*
        FROM jazzhr.applicants a
        WHERE a.folded_name ~>=~ sqlc.arg(name)::text
            AND a.folded_name ~<~ sqlc.arg(until)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR a.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION
    (
        SELECT a.*
        FROM jazzhr.applicants a
        WHERE split_part(a.folded_name, ' ', -1) ~>=~ sqlc.arg(name)::text
            AND split_part(a.folded_name, ' ', -1) ~<~ sqlc.arg(until)::text
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR a.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
) found
ORDER BY found.created_at DESC, found.applicant_id
LIMIT sqlc.arg(max_rows);

-- name: SystemFindByKey :many
-- Finds what has a key of ours or of JazzHR's that is unique within its tenant, by one look into
-- the table's own index for each tenant. Without LIMIT 1 Postgres reads the whole table.
SELECT t.tenant_id, 'applicant' AS kind, found.key
FROM jazzhr.tenants t
CROSS JOIN LATERAL (
    SELECT a.applicant_id AS key
    FROM jazzhr.applicants a
    WHERE a.tenant_id = t.tenant_id AND a.applicant_id = sqlc.arg(id)::text
    LIMIT 1
) found
WHERE @tenant::uuid = '00000000-0000-0000-0000-000000000000' OR t.tenant_id = @tenant
UNION ALL
SELECT t.tenant_id, 'writeback' AS kind, found.key
FROM jazzhr.tenants t
CROSS JOIN LATERAL (
    SELECT w.writeback_id::text AS key
    FROM jazzhr.writebacks w
    WHERE w.tenant_id = t.tenant_id AND w.interview_id = sqlc.arg(id)::text
    LIMIT 1
) found
WHERE @tenant::uuid = '00000000-0000-0000-0000-000000000000' OR t.tenant_id = @tenant;

-- name: SystemFindByID :many
-- Finds what has an id of ours, in the same way as SystemFindByKey.
SELECT t.tenant_id, 'webhook' AS kind, found.key
FROM jazzhr.tenants t
CROSS JOIN LATERAL (
    SELECT w.webhook_id AS key
    FROM jazzhr.webhooks w
    WHERE w.tenant_id = t.tenant_id AND w.webhook_id = @id::uuid
    LIMIT 1
) found
WHERE @tenant::uuid = '00000000-0000-0000-0000-000000000000' OR t.tenant_id = @tenant
UNION ALL
SELECT t.tenant_id, 'request' AS kind, found.key
FROM jazzhr.tenants t
CROSS JOIN LATERAL (
    SELECT r.request_id AS key
    FROM jazzhr.interview_requests r
    WHERE r.tenant_id = t.tenant_id AND r.request_id = @id::uuid
    LIMIT 1
) found
WHERE @tenant::uuid = '00000000-0000-0000-0000-000000000000' OR t.tenant_id = @tenant
UNION ALL
SELECT t.tenant_id, 'writeback' AS kind, found.key
FROM jazzhr.tenants t
CROSS JOIN LATERAL (
    SELECT w.writeback_id AS key
    FROM jazzhr.writebacks w
    WHERE w.tenant_id = t.tenant_id AND w.writeback_id = @id::uuid
    LIMIT 1
) found
WHERE @tenant::uuid = '00000000-0000-0000-0000-000000000000' OR t.tenant_id = @tenant;

-- name: SystemFindUnresolved :many
-- Exports whose person nobody has looked for yet are in no index by name, so up to max_scan of each
-- state are read. Each word is given in lower case, and as JSON writes it.
SELECT
    found.tenant_id,
    found.webhook_id,
    found.received_at,
    found.body
FROM (
    (
        SELECT w.tenant_id, w.webhook_id, w.received_at, w.body
        FROM jazzhr.webhooks w
        WHERE w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.body IS NOT NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION ALL
    (
        SELECT w.tenant_id, w.webhook_id, w.received_at, w.body
        FROM jazzhr.webhooks w
        WHERE w.state = 'pending'
            AND w.admitted_at IS NOT NULL
            AND w.body IS NOT NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
    UNION ALL
    (
        SELECT w.tenant_id, w.webhook_id, w.received_at, w.body
        FROM jazzhr.webhooks w
        WHERE w.state = 'attention'
            AND w.body IS NOT NULL
            AND (
                @tenant::uuid = '00000000-0000-0000-0000-000000000000'
                OR w.tenant_id = @tenant
            )
        LIMIT sqlc.arg(max_scan)
    )
) found
WHERE NOT EXISTS (
    SELECT
    FROM unnest(@words::text[]) AS word(text)
    WHERE strpos(lower(encode(found.body, 'escape')), word.text) = 0
)
ORDER BY found.received_at DESC
LIMIT sqlc.arg(max_rows);

-- name: StoryRequests :many
-- Returns what was asked for about a person, by any of the ids that the person is known by.
SELECT r.*
FROM jazzhr.interview_requests r
WHERE r.tenant_id = @tenant_id
    AND (
        r.request_id = ANY(@request_ids::uuid[])
        OR r.applicant_id = ANY(@applicant_ids::text[])
        OR r.webhook_id = ANY(@webhook_ids::uuid[])
    )
ORDER BY r.created_at DESC, r.request_id
LIMIT sqlc.arg(max_rows);

-- name: StoryWritebacks :many
SELECT
    w.writeback_id,
    w.request_id,
    w.interview_id,
    w.revision,
    w.applicant_id,
    w.first_name,
    w.last_name,
    w.email,
    w.job_id,
    w.board_code,
    w.state,
    w.step,
    w.part,
    w.created_at,
    w.done_at,
    w.admitted_at,
    w.next_attempt_at,
    w.waiting_for,
    w.attempts,
    w.failing_since,
    w.last_error
FROM jazzhr.writebacks w
WHERE w.tenant_id = @tenant_id
    AND (
        w.writeback_id = ANY(@writeback_ids::uuid[])
        OR w.request_id = ANY(@request_ids::uuid[])
        OR w.applicant_id = ANY(@applicant_ids::text[])
    )
ORDER BY w.created_at DESC, w.writeback_id
LIMIT sqlc.arg(max_rows);

-- name: StorySteps :many
SELECT
    s.writeback_id,
    s.kind,
    s.part,
    s.state,
    s.attempts,
    s.remote_id,
    s.last_error,
    s.started_at,
    s.done_at,
    e.effect_id,
    e.state AS effect_state,
    e.sends,
    e.not_after,
    e.first_sent_at,
    e.evidence,
    e.adopted,
    e.problem,
    e.refusal,
    e.absent_reads
FROM jazzhr.steps s
LEFT JOIN jazzhr.effects e ON e.tenant_id = s.tenant_id AND e.effect_id = s.effect_id
WHERE s.tenant_id = @tenant_id AND s.writeback_id = ANY(@writeback_ids::uuid[])
ORDER BY
    s.writeback_id,
    CASE s.kind
        WHEN 'create_applicant' THEN 1
        WHEN 'link_applicant_to_job' THEN 2
        ELSE 3
    END,
    s.part;

-- name: StoryWebhooks :many
SELECT
    w.webhook_id,
    w.state,
    w.problem,
    w.received_at,
    w.done_at,
    w.admitted_at,
    w.next_attempt_at,
    w.waiting_for,
    w.attempts,
    w.last_error,
    w.export_context,
    w.body
FROM jazzhr.webhooks w
WHERE w.tenant_id = @tenant_id AND w.webhook_id = ANY(@webhook_ids::uuid[])
ORDER BY w.webhook_id;

-- name: StoryStageEntries :many
SELECT s.*
FROM jazzhr.stage_entries s
WHERE s.tenant_id = @tenant_id
    AND (
        s.applicant_id = ANY(@applicant_ids::text[])
        OR s.activity_id = ANY(@activity_ids::text[])
    )
ORDER BY s.first_seen_at DESC
LIMIT sqlc.arg(max_rows);

-- name: StoryEvents :many
SELECT
    e.sequence,
    e.type,
    e.state,
    e.created_at,
    e.delivered_at,
    e.deliver_until,
    e.next_attempt_at,
    e.attempts,
    e.last_error,
    coalesce(
        e.data ->> 'request_id',
        e.data ->> 'webhook_id',
        e.data ->> 'writeback_id',
        ''
    )::text AS subject,
    coalesce(e.data ->> 'repeat', '')::text AS repeat,
    coalesce(e.data ->> 'unresolved_reason', '')::text AS unresolved
FROM jazzhr.events e
WHERE e.tenant_id = @tenant_id
    AND e.sequence = ANY(ARRAY(SELECT jazzhr.events_by_subject(@tenant_id, @subjects::text[])))
ORDER BY e.sequence;

-- name: StoryApplicants :many
SELECT
    a.applicant_id,
    a.email,
    a.folded_name,
    a.created_at,
    a.read_at,
    a.listed_at,
    a.gone_at
FROM jazzhr.applicants a
WHERE a.tenant_id = @tenant_id AND a.applicant_id = ANY(@applicant_ids::text[])
ORDER BY a.created_at;

-- name: StoryOpenings :many
SELECT o.job_id, o.title
FROM jazzhr.openings o
WHERE o.tenant_id = @tenant_id AND o.job_id = ANY(@job_ids::text[]);

-- name: StoryDecisions :many
-- It needs no limit: a tenant has few decisions, because a person seldom has to decide.
SELECT
    d.item_id,
    d.problem,
    d.decision,
    d.remote_id,
    d.decided_by,
    d.decided_at
FROM jazzhr.decisions d
WHERE d.tenant_id = @tenant_id AND d.item_id = ANY(@item_ids::uuid[])
ORDER BY d.decided_at;

-- name: SystemStoryJobs :many
-- Returns River's jobs of a story. River deletes a job some time after it ended. The jobs are found
-- by an index of what they are about.
SELECT
    j.id,
    j.kind,
    j.state::text AS state,
    j.attempt::int AS attempt,
    j.created_at,
    j.finalized_at,
    j.errors,
    coalesce(
        j.args ->> 'writeback_id',
        j.args ->> 'webhook_id',
        j.args ->> 'activity_id',
        ''
    )::text AS subject
FROM unnest(@subjects::text[]) AS wanted(subject)
CROSS JOIN LATERAL (
    SELECT *
    FROM jazzhr.river_job r
    WHERE coalesce(r.args ->> 'writeback_id', r.args ->> 'webhook_id', r.args ->> 'activity_id')
            = wanted.subject
    ORDER BY r.id DESC
    LIMIT sqlc.arg(max_rows)
) j
ORDER BY j.id;

-- name: SystemTenantsNamed :many
-- Finds the tenants that a search may mean: by an id, or by a part of the name. Exact matches come
-- first.
SELECT t.tenant_id, t.name, t.external_id
FROM jazzhr.tenants t
WHERE t.tenant_id::text = lower(@search::text)
    OR t.external_id = @search
    OR strpos(lower(t.name), lower(@search)) > 0
ORDER BY
    (
        t.tenant_id::text = lower(@search)
        OR t.external_id = @search
        OR lower(t.name) = lower(@search)
    ) DESC,
    lower(t.name),
    t.tenant_id
LIMIT sqlc.arg(max_rows);

-- name: SystemLastHeard :many
-- For a search that found nothing: returns the tenants that had a webhook refused in the last 7
-- days and none accepted since. The latest refusal comes first.
SELECT
    t.tenant_id,
    t.name,
    t.last_webhook_at,
    t.last_refused_at,
    t.last_refused_reason,
    t.last_poll_at
FROM jazzhr.tenants t
WHERE t.last_refused_at > jazzhr.now() - interval '7 days'
    AND t.last_refused_at > coalesce(t.last_webhook_at, '-infinity')
ORDER BY t.last_refused_at DESC
LIMIT sqlc.arg(max_rows);
