-- name: BeginStep :one
-- Plans the step's effect unless it is known already, and begins the step. No row is returned if
-- another transaction planned the same effect at this moment: a second statement then finds it.
-- The tenant is locked before the step, the order in which a disconnect locks them.
WITH locked_tenant AS (
    SELECT t.tenant_id
    FROM jazzhr.tenants t
    WHERE t.tenant_id = @tenant_id
    FOR KEY SHARE
), planned_effect AS (
    INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key)
    SELECT @tenant_id, @effect_id::uuid, @effect_kind::text, @key::text
    FROM locked_tenant
    ON CONFLICT ON CONSTRAINT effects_key DO NOTHING
    RETURNING *
), step_effect AS (
    SELECT * FROM planned_effect
    UNION ALL
    SELECT *
    FROM jazzhr.effects k
    WHERE k.tenant_id = @tenant_id AND k.kind = @effect_kind AND k.key = @key
), begun_step AS (
    UPDATE jazzhr.steps s
    SET
        effect_id = k.effect_id,
        attempts = s.attempts + 1,
        started_at = coalesce(s.started_at, jazzhr.now())
    FROM step_effect k
    WHERE s.tenant_id = @tenant_id
        AND s.writeback_id = @writeback_id
        AND s.kind = @step
        AND s.part = @part
)
SELECT * FROM step_effect;

-- name: EffectForUpdate :one
-- The tenant is locked before its rows, here and below: see the lock order in package queue.
WITH locked_tenant AS (
    SELECT t.tenant_id
    FROM jazzhr.tenants t
    WHERE t.tenant_id = @tenant_id
    FOR KEY SHARE
)
SELECT
    sqlc.embed(e),
    jazzhr.now()::timestamptz AS now,
    jazzhr.clock()::timestamptz AS clock,
    coalesce((SELECT stepped_at FROM jazzhr.clock_steps), 'epoch')::timestamptz AS stepped_at,
    EXISTS (SELECT FROM jazzhr.distrust) AS distrusted,
    coalesce((SELECT since FROM jazzhr.distrust), 'epoch')::timestamptz AS distrusted_since
FROM locked_tenant l
JOIN jazzhr.effects e ON e.tenant_id = l.tenant_id
WHERE e.tenant_id = @tenant_id AND e.kind = @kind AND e.key = @key
FOR UPDATE OF e;

-- name: EffectByIDForUpdate :one
-- controlled is true if another effect of the kind was confirmed before. Then no effect waits for a
-- first one to be confirmed. known_before is true if the applicant that an answer names was known
-- before the first send.
WITH locked_tenant AS (
    SELECT t.tenant_id
    FROM jazzhr.tenants t
    WHERE t.tenant_id = @tenant_id
    FOR KEY SHARE
)
SELECT
    sqlc.embed(e),
    jazzhr.now()::timestamptz AS now,
    EXISTS (
        SELECT
        FROM jazzhr.effects c
        WHERE c.tenant_id = e.tenant_id
            AND c.kind = e.kind
            AND c.state = 'done'
            AND c.remote_id IS NOT NULL
            AND c.sends > 0
            AND c.effect_id <> e.effect_id
    ) AS controlled,
    EXISTS (
        SELECT
        FROM jazzhr.applicants a
        WHERE a.tenant_id = e.tenant_id
            AND a.applicant_id = @answered_id::text
            AND a.created_at < e.first_sent_at
    ) AS known_before
FROM locked_tenant l
JOIN jazzhr.effects e ON e.tenant_id = l.tenant_id
WHERE e.tenant_id = @tenant_id AND e.effect_id = @effect_id
FOR UPDATE OF e;

-- name: BeginSend :one
-- Stores the intent, which is committed before the first byte leaves. It is a compare-and-set. A
-- node whose own heartbeat has lapsed gets no row, because another may have given its jobs away.
UPDATE jazzhr.effects
SET
    state = 'sending',
    send_token = @send_token,
    sent_by = @sent_by,
    not_after = jazzhr.now() + @send_timeout::interval,
    sends = sends + 1,
    first_sent_at = coalesce(first_sent_at, jazzhr.now()),
    absent_reads = 0,
    absent_at = NULL,
    refusal = NULL,
    problem = NULL
WHERE tenant_id = @tenant_id
    AND effect_id = @effect_id
    AND state = @from_state
    AND sends = @from_sends
    AND EXISTS (
        SELECT
        FROM jazzhr.nodes
        WHERE node_id = @node_id AND beat_at > jazzhr.now() - @node_timeout::interval
    )
RETURNING not_after;

-- name: SettleEffect :exec
-- Sets any state but done, which ConfirmEffect sets.
UPDATE jazzhr.effects
SET
    state = @state,
    adopted = false,
    refusal = coalesce(sqlc.narg(refusal), refusal),
    problem = sqlc.narg(problem),
    evidence = evidence || @evidence::jsonb,
    settled_at = CASE WHEN @state::text = 'rejected' THEN jazzhr.now() END
WHERE tenant_id = @tenant_id AND effect_id = @effect_id;

-- name: ConfirmEffect :exec
-- The effect is done. The writebacks that wait for it go on, and no person is asked about it any
-- more.
WITH confirmed_effect AS (
    UPDATE jazzhr.effects e
    SET
        state = 'done',
        remote_id = coalesce(sqlc.narg(remote_id)::text, e.remote_id),
        adopted = @adopted,
        problem = NULL,
        evidence = e.evidence || @evidence::jsonb,
        settled_at = jazzhr.now()
    WHERE e.tenant_id = @tenant_id AND e.effect_id = @effect_id
), woken_writebacks AS (
    UPDATE jazzhr.writebacks v
    SET next_attempt_at = jazzhr.now()
    WHERE v.tenant_id = @tenant_id AND v.waiting_effect = @effect_id AND v.state = 'pending'
), locked_writebacks AS (
    SELECT l.tenant_id, l.writeback_id
    FROM jazzhr.writebacks l
    WHERE l.tenant_id = @tenant_id
        AND l.writeback_id IN (
            SELECT c.writeback_id
            FROM jazzhr.steps c
            WHERE c.tenant_id = @tenant_id AND c.effect_id = @effect_id AND c.state = 'attention'
        )
    ORDER BY l.writeback_id
    FOR UPDATE
), reopened_steps AS (
    UPDATE jazzhr.steps s
    SET state = 'pending', last_error = NULL
    FROM locked_writebacks l
    WHERE s.tenant_id = l.tenant_id
        AND s.writeback_id = l.writeback_id
        AND s.effect_id = @effect_id
        AND s.state = 'attention'
    RETURNING s.tenant_id, s.writeback_id
)
UPDATE jazzhr.writebacks w
SET
    state = 'pending',
    next_attempt_at = jazzhr.now(),
    waiting_for = 'settling',
    done_at = NULL
FROM reopened_steps r
WHERE w.tenant_id = r.tenant_id AND w.writeback_id = r.writeback_id AND w.state = 'attention';

-- name: UnsendEffect :exec
-- The send certainly never arrived. The effect is as it was before the send began.
UPDATE jazzhr.effects
SET
    state = 'planned',
    sends = sends - 1,
    send_token = NULL,
    not_after = CASE WHEN sends > 1 THEN not_after END,
    first_sent_at = CASE WHEN sends > 1 THEN first_sent_at END,
    evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id
    AND effect_id = @effect_id
    AND state IN ('sending', 'unknown')
    AND send_token = @send_token;

-- name: AddEvidence :exec
UPDATE jazzhr.effects
SET evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND effect_id = @effect_id;

-- name: CountAbsentRead :exec
UPDATE jazzhr.effects
SET
    absent_reads = absent_reads + 1,
    absent_at = jazzhr.now(),
    evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = 'unknown';

-- name: ReplanEffect :exec
-- A writeback that was not refused itself may try what another writeback was refused for.
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
    settled_at = NULL
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = 'rejected';

-- name: ForgetRefusal :exec
-- The refusal was of a target that has changed since, or that JazzHR did not accept yet. The effect
-- may be tried again.
UPDATE jazzhr.effects
SET
    state = 'planned',
    refusal = NULL,
    evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id
    AND effect_id = @effect_id
    AND state = 'unknown'
    AND refusal IS NOT NULL;

-- name: ApplicantMadeSince :one
SELECT EXISTS (
    SELECT
    FROM jazzhr.effects
    WHERE tenant_id = @tenant_id
        AND kind = 'create_applicant'
        AND state = 'done'
        AND remote_id = @remote_id
        AND sends > 0
        AND settled_at > @since
);

-- name: ControlEffects :many
-- Returns the latest few confirmed writes of the kind. The oldest of them comes first: reads have
-- had the longest time to show it. A fresh one may be on an applicant that JazzHR does not show yet.
SELECT
    e.remote_id,
    e.key,
    e.effect_id,
    e.settled_at,
    coalesce(e.settled_at > jazzhr.now() - interval '1 hour', false)::bool AS fresh
FROM (
    SELECT *
    FROM jazzhr.effects
    WHERE tenant_id = @tenant_id
        AND kind = @kind
        AND state = 'done'
        AND remote_id IS NOT NULL
        AND sends > 0
    ORDER BY settled_at DESC
    LIMIT 5
) e
ORDER BY e.settled_at;

-- name: EffectApplicant :one
-- Returns the applicant of the writeback that an effect belongs to.
SELECT coalesce(w.applicant_id, '')::text AS applicant_id
FROM jazzhr.steps s
JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id AND w.writeback_id = s.writeback_id
WHERE s.tenant_id = @tenant_id AND s.effect_id = @effect_id
LIMIT 1;

-- name: EffectNames :many
-- Returns the names under which an applicant may have been created: those of every writeback that
-- shares the effect.
SELECT DISTINCT
    coalesce(w.first_name, '')::text AS first_name,
    coalesce(w.last_name, '')::text AS last_name
FROM jazzhr.steps s
JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id AND w.writeback_id = s.writeback_id
WHERE s.tenant_id = @tenant_id AND s.effect_id = @effect_id
ORDER BY last_name, first_name;

-- name: CreatesOfEmail :many
-- Returns the creates of one email, the oldest first. Before schema 12 their keys held the email
-- alone.
SELECT
    effect_id,
    key,
    state,
    sends,
    remote_id
FROM jazzhr.effects
WHERE tenant_id = @tenant_id
    AND effect_id = ANY(ARRAY(
        SELECT jazzhr.creates_by_email(@tenant_id, ARRAY[@email::text])
    ))
ORDER BY created_at, effect_id;

-- name: SystemLockEmail :exec
-- Locks the creates of one email until the transaction ends: which of them may be sent is decided
-- one at a time.
SELECT pg_advisory_xact_lock(hashtextextended(@tenant_id::text || ' ' || @email::text, 0));

-- name: Visibility :one
SELECT seen_at, unseen_at
FROM jazzhr.visibility
WHERE tenant_id = @tenant_id AND kind = @kind;

-- name: LockControl :exec
-- Locks the kind until the transaction ends, and changes nothing. Whoever finds that no write of
-- the kind was ever confirmed takes this lock, and so does whoever confirms one. Without it the
-- first confirmed write could miss an effect that waits for it.
INSERT INTO jazzhr.visibility (tenant_id, kind)
VALUES (@tenant_id, @kind)
ON CONFLICT (tenant_id, kind) DO UPDATE
SET kind = excluded.kind
WHERE false;

-- name: MarkSeen :exec
INSERT INTO jazzhr.visibility (tenant_id, kind, seen_at)
VALUES (@tenant_id, @kind, jazzhr.now())
ON CONFLICT (tenant_id, kind) DO UPDATE
SET seen_at = excluded.seen_at, unseen_at = NULL;

-- name: MarkUnseen :exec
INSERT INTO jazzhr.visibility (tenant_id, kind, unseen_at)
VALUES (@tenant_id, @kind, jazzhr.now())
ON CONFLICT (tenant_id, kind) DO UPDATE
SET unseen_at = excluded.unseen_at;

-- name: ReopenEffects :many
-- Takes back the effects that needed a person only because no write of their kind had been seen on
-- the account yet.
UPDATE jazzhr.effects
SET
    state = 'unknown',
    problem = NULL,
    evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id
    AND kind = @kind
    AND state = 'attention'
    AND problem = 'no_control'
RETURNING effect_id;

-- name: ReopenWritebacks :execrows
WITH locked_writebacks AS (
    SELECT l.tenant_id, l.writeback_id
    FROM jazzhr.writebacks l
    WHERE l.tenant_id = @tenant_id
        AND l.writeback_id IN (
            SELECT c.writeback_id
            FROM jazzhr.steps c
            WHERE c.tenant_id = @tenant_id AND c.effect_id = ANY(@effect_ids::uuid[]) AND c.state = 'attention'
        )
    ORDER BY l.writeback_id
    FOR UPDATE
), reopened_steps AS (
    UPDATE jazzhr.steps s
    SET state = 'pending', last_error = NULL
    FROM locked_writebacks l
    WHERE s.tenant_id = l.tenant_id
        AND s.writeback_id = l.writeback_id
        AND s.effect_id = ANY(@effect_ids::uuid[])
        AND s.state = 'attention'
    RETURNING s.tenant_id, s.writeback_id
)
UPDATE jazzhr.writebacks w
SET
    state = 'pending',
    next_attempt_at = jazzhr.now(),
    waiting_for = 'settling',
    done_at = NULL
FROM reopened_steps r
WHERE w.tenant_id = r.tenant_id AND w.writeback_id = r.writeback_id AND w.state = 'attention';
