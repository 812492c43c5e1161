-- name: BeginStep :one
-- Plans the effect that a step comes down to, unless it is known, and has the step begin. Nothing is returned where another
-- has planned it in this same moment: then it is known to a second statement. The tenant is locked before the step, as whoever
-- disconnects it does.
WITH tenant AS (
    SELECT t.tenant_id FROM jazzhr.tenants t WHERE t.tenant_id = @tenant_id FOR KEY SHARE
), planned AS (
    INSERT INTO jazzhr.effects (tenant_id, effect_id, kind, key)
    SELECT @tenant_id, @effect_id::uuid, @effect_kind::text, @key::text FROM tenant
    ON CONFLICT ON CONSTRAINT effects_key DO NOTHING
    RETURNING *
), known AS (
    SELECT * FROM planned UNION ALL
    SELECT * FROM jazzhr.effects k WHERE k.tenant_id = @tenant_id AND k.kind = @effect_kind AND k.key = @key
), begun AS (
    UPDATE jazzhr.steps s SET effect_id = k.effect_id, attempts = s.attempts + 1, started_at = coalesce(s.started_at, jazzhr.now())
    FROM known k WHERE s.tenant_id = @tenant_id AND s.writeback_id = @writeback_id AND s.kind = @step AND s.part = @part
)
SELECT * FROM known;

-- name: EffectForUpdate :one
SELECT sqlc.embed(e), jazzhr.now()::timestamptz AS now,
    EXISTS (SELECT FROM jazzhr.distrust) AS distrusted, coalesce((SELECT since FROM jazzhr.distrust), 'epoch')::timestamptz AS distrusted_since
FROM jazzhr.effects e
WHERE e.tenant_id = @tenant_id AND e.kind = @kind AND e.key = @key FOR UPDATE;

-- name: EffectByIDForUpdate :one
-- controlled tells that another of the kind was confirmed before, so that none waits for a first one.
SELECT sqlc.embed(e), jazzhr.now()::timestamptz AS now, EXISTS (SELECT FROM jazzhr.effects c
    WHERE c.tenant_id = e.tenant_id AND c.kind = e.kind AND c.state = 'done' AND c.remote_id IS NOT NULL AND c.sends > 0
        AND c.effect_id <> e.effect_id) AS controlled
FROM jazzhr.effects e WHERE e.tenant_id = @tenant_id AND e.effect_id = @effect_id FOR UPDATE OF e;

-- name: BeginSend :one
-- The intent: committed before the first byte leaves. It compares and sets, and it is refused to a node whose own
-- heartbeat has lapsed, because another may have given its jobs away.
UPDATE jazzhr.effects SET state = 'sending', send_token = @send_token, sent_by = @sent_by,
    not_after = jazzhr.now() + @send_timeout::interval, sends = sends + 1,
    first_sent_at = coalesce(first_sent_at, jazzhr.now()), absent_reads = 0, absent_at = NULL, refusal = NULL,
    problem = NULL
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = @from_state AND sends = @from_sends
    AND EXISTS (SELECT FROM jazzhr.nodes WHERE node_id = @node_id AND beat_at > jazzhr.now() - @node_timeout::interval)
RETURNING not_after;

-- name: SettleEffect :exec
-- To any state but done, for which there is ConfirmEffect.
UPDATE jazzhr.effects SET state = @state, adopted = false, refusal = coalesce(sqlc.narg(refusal), refusal), problem = sqlc.narg(problem),
    evidence = evidence || @evidence::jsonb, settled_at = CASE WHEN @state::text = 'rejected' THEN jazzhr.now() END
WHERE tenant_id = @tenant_id AND effect_id = @effect_id;

-- name: ConfirmEffect :exec
-- It is done: the writebacks that wait for it go on, and people are not asked about it any more.
WITH settled AS (
    UPDATE jazzhr.effects e SET state = 'done', remote_id = coalesce(sqlc.narg(remote_id)::text, e.remote_id), adopted = @adopted, problem = NULL,
        evidence = e.evidence || @evidence::jsonb, settled_at = jazzhr.now()
    WHERE e.tenant_id = @tenant_id AND e.effect_id = @effect_id
), woken AS (
    UPDATE jazzhr.writebacks v SET next_attempt_at = jazzhr.now()
    WHERE v.tenant_id = @tenant_id AND v.waiting_effect = @effect_id AND v.state = 'pending'
), reopened AS (
    UPDATE jazzhr.steps s SET state = 'pending', last_error = NULL
    WHERE s.tenant_id = @tenant_id AND s.effect_id = @effect_id AND s.state = 'attention'
    RETURNING s.tenant_id, s.writeback_id
)
UPDATE jazzhr.writebacks w SET state = 'pending', next_attempt_at = jazzhr.now(), waiting_for = 'settling', done_at = NULL
FROM reopened r WHERE w.tenant_id = r.tenant_id AND w.writeback_id = r.writeback_id AND w.state = 'attention';

-- name: UnsendEffect :exec
-- The send certainly never arrived: as if it had not begun.
UPDATE jazzhr.effects SET state = 'planned', sends = sends - 1, send_token = NULL,
    not_after = CASE WHEN sends > 1 THEN not_after END, first_sent_at = CASE WHEN sends > 1 THEN first_sent_at END, evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state IN ('sending', 'unknown') AND send_token = @send_token;

-- name: AddEvidence :exec
UPDATE jazzhr.effects SET evidence = evidence || @evidence::jsonb WHERE tenant_id = @tenant_id AND effect_id = @effect_id;

-- name: CountAbsentRead :exec
UPDATE jazzhr.effects SET absent_reads = absent_reads + 1, absent_at = jazzhr.now(), evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = 'unknown';

-- name: ReplanEffect :exec
-- A writeback that was not refused itself may try what another's was refused for.
UPDATE jazzhr.effects SET state = 'planned', sends = 0, send_token = NULL, sent_by = NULL, not_after = NULL,
    first_sent_at = NULL, absent_reads = 0, absent_at = NULL, refusal = NULL, problem = NULL, settled_at = NULL
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = 'rejected';

-- name: ForgetRefusal :exec
-- The no was to a target that has changed since, or that JazzHR did not take yet: the effect may be tried again.
UPDATE jazzhr.effects SET state = 'planned', refusal = NULL, evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND effect_id = @effect_id AND state = 'unknown' AND refusal IS NOT NULL;

-- name: ApplicantMadeSince :one
SELECT EXISTS (SELECT FROM jazzhr.effects
    WHERE tenant_id = @tenant_id AND kind = 'create_applicant' AND state = 'done' AND remote_id = @remote_id
        AND sends > 0 AND settled_at > @since);

-- name: ControlEffects :many
-- The latest few confirmed writes of the kind, the oldest of them first: reads have had the longest time to show it.
SELECT e.remote_id, e.key, e.effect_id, e.settled_at FROM (
    SELECT * FROM jazzhr.effects
    WHERE tenant_id = @tenant_id AND kind = @kind AND state = 'done' AND remote_id IS NOT NULL AND sends > 0
    ORDER BY settled_at DESC LIMIT 5
) e
ORDER BY e.settled_at;

-- name: EffectApplicant :one
-- The applicant that an effect's writeback was for.
SELECT coalesce(w.applicant_id, '')::text AS applicant_id
FROM jazzhr.steps s JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id AND w.writeback_id = s.writeback_id
WHERE s.tenant_id = @tenant_id AND s.effect_id = @effect_id LIMIT 1;

-- name: EffectNames :many
-- The names under which an applicant's effect may have been sent: those of every writeback that shares it.
SELECT DISTINCT coalesce(w.first_name, '')::text AS first_name, coalesce(w.last_name, '')::text AS last_name
FROM jazzhr.steps s JOIN jazzhr.writebacks w ON w.tenant_id = s.tenant_id AND w.writeback_id = s.writeback_id
WHERE s.tenant_id = @tenant_id AND s.effect_id = @effect_id
ORDER BY last_name, first_name;

-- name: Visibility :one
SELECT seen_at, unseen_at FROM jazzhr.visibility WHERE tenant_id = @tenant_id AND kind = @kind;

-- name: LockControl :exec
-- Held, until the transaction ends, by who finds that no write of the kind was ever confirmed and by who confirms one: else the
-- first confirmed one could pass over what waits for it. It changes nothing.
INSERT INTO jazzhr.visibility (tenant_id, kind) VALUES (@tenant_id, @kind)
ON CONFLICT (tenant_id, kind) DO UPDATE SET kind = excluded.kind WHERE false;

-- name: MarkSeen :exec
INSERT INTO jazzhr.visibility (tenant_id, kind, seen_at) VALUES (@tenant_id, @kind, jazzhr.now())
ON CONFLICT (tenant_id, kind) DO UPDATE SET seen_at = excluded.seen_at, unseen_at = NULL;

-- name: MarkUnseen :exec
INSERT INTO jazzhr.visibility (tenant_id, kind, unseen_at) VALUES (@tenant_id, @kind, jazzhr.now())
ON CONFLICT (tenant_id, kind) DO UPDATE SET unseen_at = excluded.unseen_at;

-- name: ReopenEffects :many
-- What went to a person only because nothing of its kind had been seen on the account yet.
UPDATE jazzhr.effects SET state = 'unknown', problem = NULL, evidence = evidence || @evidence::jsonb
WHERE tenant_id = @tenant_id AND kind = @kind AND state = 'attention' AND problem = 'no_control'
RETURNING effect_id;

-- name: ReopenWritebacks :execrows
WITH reopened AS (
    UPDATE jazzhr.steps s SET state = 'pending', last_error = NULL
    WHERE s.tenant_id = @tenant_id AND s.effect_id = ANY(@effect_ids::uuid[]) AND s.state = 'attention'
    RETURNING s.tenant_id, s.writeback_id
)
UPDATE jazzhr.writebacks w SET state = 'pending', next_attempt_at = jazzhr.now(), waiting_for = 'settling', done_at = NULL
FROM reopened r WHERE w.tenant_id = r.tenant_id AND w.writeback_id = r.writeback_id AND w.state = 'attention';
