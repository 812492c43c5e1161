-- name: AttentionWritebacks :many
-- Returns the writebacks that need a person, each with the step that stopped and the step's effect.
SELECT
    w.writeback_id,
    coalesce(w.done_at, w.created_at)::timestamptz AS since,
    coalesce(s.last_error, e.problem, '')::text AS problem,
    s.kind AS step,
    s.part,
    w.interview_id,
    w.revision,
    w.applicant_id,
    w.job_id,
    e.evidence
FROM jazzhr.writebacks w
JOIN jazzhr.steps s
    ON s.tenant_id = w.tenant_id
    AND s.writeback_id = w.writeback_id
    AND s.state = 'attention'
LEFT JOIN jazzhr.effects e ON e.tenant_id = s.tenant_id AND e.effect_id = s.effect_id
WHERE w.tenant_id = @tenant_id AND w.state = 'attention' AND w.writeback_id > @after
ORDER BY w.writeback_id
LIMIT sqlc.arg(max_rows);

-- name: AttentionWebhooks :many
SELECT webhook_id, received_at, coalesce(problem, '')::text AS problem
FROM jazzhr.webhooks
WHERE tenant_id = @tenant_id AND state = 'attention' AND webhook_id > @after
ORDER BY webhook_id
LIMIT sqlc.arg(max_rows);

-- name: AttentionStageMoves :many
SELECT
    case_id::uuid AS case_id,
    coalesce(done_at, first_seen_at)::timestamptz AS since,
    coalesce(outcome, '')::text AS problem,
    applicant_id,
    stage,
    job_title
FROM jazzhr.stage_entries
WHERE tenant_id = @tenant_id AND state = 'attention' AND case_id > @after::uuid
ORDER BY case_id
LIMIT sqlc.arg(max_rows);

-- name: AttentionStep :one
SELECT
    s.kind,
    s.part,
    s.effect_id,
    coalesce(s.last_error, '')::text AS problem
FROM jazzhr.steps s
JOIN jazzhr.writebacks w
    ON w.tenant_id = s.tenant_id
    AND w.writeback_id = s.writeback_id
    AND w.state = 'attention'
WHERE s.tenant_id = @tenant_id AND s.writeback_id = @writeback_id AND s.state = 'attention';

-- name: AttentionWebhook :one
SELECT coalesce(problem, '')::text AS problem
FROM jazzhr.webhooks
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id AND state = 'attention'
FOR UPDATE;

-- name: DismissWebhook :exec
UPDATE jazzhr.webhooks
SET state = 'done', done_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND webhook_id = @webhook_id AND state = 'attention';

-- name: AttentionStageMove :one
SELECT coalesce(outcome, '')::text AS problem
FROM jazzhr.stage_entries
WHERE tenant_id = @tenant_id AND case_id = @case_id::uuid AND state = 'attention'
FOR UPDATE;

-- name: AbandonStageMove :exec
UPDATE jazzhr.stage_entries
SET state = 'done', outcome = 'abandoned', done_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND case_id = @case_id::uuid AND state = 'attention';

-- name: ResendStageMove :exec
-- The move waits again, as when it was first seen.
UPDATE jazzhr.stage_entries
SET
    state = 'pending',
    outcome = NULL,
    done_at = NULL,
    resent_at = jazzhr.now(),
    next_attempt_at = jazzhr.now(),
    attempts = 0
WHERE tenant_id = @tenant_id AND case_id = @case_id::uuid AND state = 'attention';

-- name: InsertDecision :exec
INSERT INTO jazzhr.decisions (
    tenant_id,
    decision_id,
    item_id,
    problem,
    decision,
    remote_id,
    decided_by
)
VALUES (
    @tenant_id,
    @decision_id,
    @item_id,
    @problem,
    @decision,
    sqlc.narg(remote_id),
    @decided_by
);

-- name: AdoptByPerson :execrows
-- A person named what stands in JazzHR as the effect. The effect may also be planned or unknown: a
-- writeback can need a person while its effect does not. While a send of it is under way, nobody can
-- say what stands there.
UPDATE jazzhr.effects
SET
    state = 'done',
    remote_id = @remote_id,
    adopted = true,
    problem = NULL,
    evidence = evidence || @evidence::jsonb,
    settled_at = jazzhr.now()
WHERE tenant_id = @tenant_id
    AND effect_id = @effect_id
    AND (
        state IN ('planned', 'unknown', 'attention')
        OR state = 'sending' AND not_after < jazzhr.now()
    );

-- name: ReplanByPerson :execrows
-- A person looked and found that the effect is not in JazzHR. It starts again as if it had never
-- been sent.
UPDATE jazzhr.effects
SET
    state = 'planned',
    sends = 0,
    send_token = NULL,
    sent_by = NULL,
    not_after = NULL,
    first_sent_at = NULL,
    absent_reads = 0,
    absent_at = NULL,
    refusal = NULL,
    problem = NULL,
    decided_at = jazzhr.now(),
    evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = 'attention';

-- name: ReopenWriteback :exec
-- The writeback goes on from the step that needed a person.
WITH locked_writeback AS (
    SELECT l.tenant_id, l.writeback_id
    FROM jazzhr.writebacks l
    WHERE l.tenant_id = @tenant_id AND l.writeback_id = @writeback_id
    FOR UPDATE
), reopened_steps AS (
    UPDATE jazzhr.steps s
    SET state = 'pending', last_error = NULL
    FROM locked_writeback l
    WHERE s.tenant_id = l.tenant_id AND s.writeback_id = l.writeback_id AND s.state = 'attention'
    RETURNING s.tenant_id, s.writeback_id
)
UPDATE jazzhr.writebacks w
SET
    state = 'pending',
    next_attempt_at = jazzhr.now(),
    waiting_for = NULL,
    done_at = NULL,
    failing_since = NULL,
    last_error = NULL
FROM reopened_steps r
WHERE w.tenant_id = r.tenant_id AND w.writeback_id = r.writeback_id AND w.state = 'attention';

-- name: SystemDistrustLedger :one
INSERT INTO jazzhr.distrust DEFAULT VALUES
ON CONFLICT (only_row) DO UPDATE
SET since = distrust.since
RETURNING since;

-- name: SystemTrustLedger :execrows
DELETE FROM jazzhr.distrust;

-- name: SystemJumpSequences :exec
-- Skips the event numbers that may have been given out after a backup was made, so that none is
-- given out twice.
UPDATE jazzhr.event_counters
SET last_sequence = last_sequence + sqlc.arg(ahead)::bigint;
