-- name: InsertWriteback :execrows
-- The interview and the revision decide whether a writeback is new. If it is known, nothing happens
-- and the transaction stays usable.
INSERT INTO jazzhr.writebacks (
    tenant_id,
    writeback_id,
    interview_id,
    revision,
    content_hash,
    request_id,
    candidate_id,
    applicant_id,
    applicant_given,
    first_name,
    last_name,
    email,
    phone,
    source,
    job_id,
    board_code,
    note,
    transcript,
    step,
    admitted_at
)
SELECT
    @tenant_id,
    @writeback_id,
    @interview_id,
    @revision,
    @content_hash,
    sqlc.narg(request_id),
    @candidate_id,
    sqlc.narg(applicant_id),
    @applicant_given,
    sqlc.narg(first_name),
    sqlc.narg(last_name),
    sqlc.narg(email),
    sqlc.narg(phone),
    sqlc.narg(source),
    sqlc.narg(job_id),
    sqlc.narg(board_code),
    @note,
    sqlc.narg(transcript),
    @step,
    CASE WHEN @admitted::boolean THEN jazzhr.now() END
ON CONFLICT ON CONSTRAINT writebacks_interview_key DO NOTHING;

-- name: InsertStep :exec
INSERT INTO jazzhr.steps (
    tenant_id,
    writeback_id,
    kind,
    part,
    state,
    done_at
)
VALUES (
    @tenant_id,
    @writeback_id,
    @kind,
    @part,
    @state,
    CASE WHEN @state::text <> 'pending' THEN jazzhr.now() END
);

-- name: WritebackByInterview :one
SELECT writeback_id, content_hash
FROM jazzhr.writebacks
WHERE tenant_id = @tenant_id AND interview_id = @interview_id AND revision = @revision;

-- name: Writeback :one
SELECT * FROM jazzhr.writebacks WHERE tenant_id = @tenant_id AND writeback_id = @writeback_id;

-- name: WritebackToWork :one
-- Reads at once all that decides whether a step may go on.
SELECT
    sqlc.embed(w),
    sqlc.embed(t),
    EXISTS (
        SELECT
        FROM jazzhr.writebacks e
        WHERE e.tenant_id = w.tenant_id
            AND e.interview_id = w.interview_id
            AND e.revision < w.revision
            AND e.state IN ('pending', 'attention')
    ) AS earlier_open,
    -- Until then nothing ends a lower revision that would not wake this one.
    greatest(jazzhr.now() + interval '1 minute', (
        SELECT max(e.next_attempt_at)
        FROM jazzhr.writebacks e
        WHERE e.tenant_id = w.tenant_id
            AND e.interview_id = w.interview_id
            AND e.revision < w.revision
            AND e.state = 'pending'
    ))::timestamptz AS earlier_until,
    EXISTS (SELECT FROM jazzhr.distrust) AS distrusted
FROM jazzhr.writebacks w
JOIN jazzhr.tenants t ON t.tenant_id = w.tenant_id
WHERE w.tenant_id = @tenant_id AND w.writeback_id = @writeback_id;

-- name: ListWritebacks :many
-- Its caller has it planned for the values that are given. The condition on admitted_at is always
-- true. With it Postgres finds what is pending by two small indexes.
SELECT *
FROM jazzhr.writebacks
WHERE tenant_id = @tenant_id
    AND writeback_id > @after
    AND (sqlc.narg(state)::text IS NULL OR state = sqlc.narg(state))
    AND (admitted_at IS NULL OR admitted_at IS NOT NULL)
    AND (sqlc.narg(interview_id)::text IS NULL OR interview_id = sqlc.narg(interview_id))
ORDER BY writeback_id
LIMIT sqlc.arg(max_rows);

-- name: Steps :many
SELECT
    s.*,
    e.state AS effect_state,
    e.not_after,
    e.sends,
    e.evidence,
    e.refusal,
    e.problem,
    e.settled_at
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

-- name: AdmittedCount :one
-- Reads without a lock whether a new row may have its job at once. It must not overtake the rows
-- that wait for theirs.
SELECT
    (
        SELECT count(*)
        FROM jazzhr.writebacks a
        WHERE a.tenant_id = @tenant_id AND a.state = 'pending' AND a.admitted_at IS NOT NULL
    ) AS admitted,
    EXISTS (
        SELECT
        FROM jazzhr.writebacks w
        WHERE w.tenant_id = @tenant_id
            AND w.state = 'pending'
            AND w.admitted_at IS NULL
            AND w.next_attempt_at <= jazzhr.now()
    ) AS waiting;

-- name: EarlierApplicant :one
-- Returns the applicant for whom a lower revision of the interview was written, or an empty text.
SELECT coalesce((
    SELECT applicant_id
    FROM jazzhr.writebacks
    WHERE tenant_id = @tenant_id
        AND interview_id = @interview_id
        AND revision < @revision
        AND applicant_id IS NOT NULL
    ORDER BY revision DESC
    LIMIT 1
), '')::text;

-- name: HandBackWriteback :execrows
-- The row waits again, and its job is over. A wait for the budget or for a node leaves a series of
-- failed reads as it is.
UPDATE jazzhr.writebacks
SET
    admitted_at = NULL,
    next_attempt_at = @next_attempt_at,
    waiting_for = @waiting_for,
    waiting_effect = sqlc.narg(waiting_effect),
    last_error = sqlc.narg(last_error),
    attempts = attempts + CASE WHEN @failing::boolean THEN 1 ELSE 0 END,
    failing_since = CASE
        WHEN @failing::boolean THEN coalesce(failing_since, jazzhr.now())
        WHEN @waiting_for IN ('rate_limit', 'queue') THEN failing_since
    END
WHERE tenant_id = @tenant_id
    AND writeback_id = @writeback_id
    AND state = 'pending'
    AND step = @step
    AND (step <> 'write_notes' OR part = @part);

-- name: EndWriteback :one
-- Later revisions of the interview go on, unless this writeback now needs a person.
WITH woken_revisions AS (
    UPDATE jazzhr.writebacks l
    SET next_attempt_at = jazzhr.now()
    WHERE l.tenant_id = @tenant_id
        AND l.interview_id = @interview_id
        AND l.revision > @revision
        AND l.state = 'pending'
        AND l.waiting_for = 'earlier_step'
        AND @state::text <> 'attention'
)
UPDATE jazzhr.writebacks w
SET
    state = @state::text,
    done_at = jazzhr.now(),
    admitted_at = NULL,
    waiting_for = NULL,
    waiting_effect = NULL,
    failing_since = NULL,
    last_error = sqlc.narg(last_error),
    applicant_id = coalesce(sqlc.narg(applicant_id)::text, w.applicant_id)
WHERE w.tenant_id = @tenant_id AND w.writeback_id = @writeback_id AND w.state = 'pending'
RETURNING *;

-- name: SetWritebackApplicant :exec
UPDATE jazzhr.writebacks
SET applicant_id = @applicant_id
WHERE tenant_id = @tenant_id AND writeback_id = @writeback_id;

-- name: ReturnToLink :exec
-- Takes a writeback that is handed back at a note to its link again, if it had one: its applicant is
-- another by now.
WITH done_link AS (
    UPDATE jazzhr.steps s
    SET
        state = 'pending',
        effect_id = NULL,
        remote_id = NULL,
        done_at = NULL
    FROM jazzhr.writebacks b
    WHERE b.tenant_id = @tenant_id
        AND b.writeback_id = @writeback_id
        AND b.state = 'pending'
        AND b.step = 'write_notes'
        AND b.admitted_at IS NULL
        AND s.tenant_id = b.tenant_id
        AND s.writeback_id = b.writeback_id
        AND s.kind = 'link_applicant_to_job'
        AND s.state = 'done'
    RETURNING s.tenant_id, s.writeback_id
)
UPDATE jazzhr.writebacks w
SET step = 'link_applicant_to_job', part = 1
FROM done_link d
WHERE w.tenant_id = d.tenant_id AND w.writeback_id = d.writeback_id;

-- name: SetWritebackJob :exec
UPDATE jazzhr.writebacks
SET job_id = @job_id
WHERE tenant_id = @tenant_id AND writeback_id = @writeback_id;

-- name: WakeLaterRevisions :exec
UPDATE jazzhr.writebacks
SET next_attempt_at = jazzhr.now()
WHERE tenant_id = @tenant_id
    AND interview_id = @interview_id
    AND revision > @revision
    AND state = 'pending'
    AND waiting_for = 'earlier_step';

-- name: EndStep :one
-- Ends the step that a pending writeback is at. owned is false if the writeback is at another step
-- by now. If the writeback is to go on, it moves to its next pending step, if there is one.
WITH locked_tenant AS (
    SELECT l.tenant_id
    FROM jazzhr.tenants l
    WHERE l.tenant_id = @tenant_id
    FOR KEY SHARE
), owned_writeback AS (
    SELECT b.tenant_id, b.writeback_id
    FROM locked_tenant l
    JOIN jazzhr.writebacks b ON b.tenant_id = l.tenant_id
    WHERE b.tenant_id = @tenant_id
        AND b.writeback_id = @writeback_id
        AND b.state = 'pending'
        AND b.step = @kind
        AND (b.step <> 'write_notes' OR b.part = @part)
    FOR UPDATE OF b
), ended_step AS (
    UPDATE jazzhr.steps e
    SET
        state = @state,
        effect_id = coalesce(sqlc.narg(effect_id)::uuid, e.effect_id),
        remote_id = coalesce(sqlc.narg(remote_id)::text, e.remote_id),
        last_error = sqlc.narg(last_error)::text,
        started_at = coalesce(e.started_at, jazzhr.now()),
        done_at = CASE WHEN @state::text IN ('done', 'skipped', 'rejected') THEN jazzhr.now() END
    WHERE e.tenant_id = @tenant_id
        AND e.writeback_id = @writeback_id
        AND e.kind = @kind
        AND e.part = @part
        AND EXISTS (SELECT FROM owned_writeback)
), other_steps AS (
    SELECT s.kind, s.part, s.state
    FROM jazzhr.steps s
    WHERE s.tenant_id = @tenant_id
        AND s.writeback_id = @writeback_id
        AND NOT (s.kind = @kind AND s.part = @part)
), next_pending AS (
    SELECT t.kind, t.part
    FROM other_steps t
    WHERE t.state = 'pending' AND @go_on::boolean
    ORDER BY
        CASE t.kind
            WHEN 'create_applicant' THEN 1
            WHEN 'link_applicant_to_job' THEN 2
            ELSE 3
        END,
        t.part
    LIMIT 1
), moved_writeback AS (
    UPDATE jazzhr.writebacks w
    SET
        step = n.kind,
        part = n.part,
        begun = true,
        applicant_id = coalesce(sqlc.narg(applicant_id)::text, w.applicant_id),
        admitted_at = CASE WHEN @admitted::boolean THEN jazzhr.now() END,
        waiting_for = CASE WHEN NOT @admitted::boolean THEN 'rate_limit' END,
        waiting_effect = NULL,
        failing_since = NULL,
        last_error = NULL,
        attempts = 0
    FROM next_pending n
    WHERE w.tenant_id = @tenant_id
        AND w.writeback_id = @writeback_id
        AND EXISTS (SELECT FROM owned_writeback)
)
SELECT
    EXISTS (SELECT FROM owned_writeback) AS owned,
    coalesce((SELECT n.kind FROM next_pending n), '')::text AS next_step,
    coalesce((SELECT n.part FROM next_pending n), 0)::integer AS next_part,
    EXISTS (SELECT FROM other_steps t WHERE t.state = 'rejected') AS rejected;

-- name: StepError :exec
UPDATE jazzhr.steps
SET last_error = sqlc.narg(last_error), started_at = coalesce(started_at, jazzhr.now())
WHERE tenant_id = @tenant_id
    AND writeback_id = @writeback_id
    AND kind = @kind
    AND part = @part;

-- name: RejectOpenSteps :exec
UPDATE jazzhr.steps
SET
    state = 'rejected',
    last_error = coalesce(last_error, @reason),
    done_at = jazzhr.now()
WHERE tenant_id = @tenant_id
    AND writeback_id = @writeback_id
    AND state IN ('pending', 'attention');

-- name: OpenWritebacks :many
-- The condition on admitted_at is always true. With it Postgres finds what is pending by two small
-- indexes.
SELECT writeback_id
FROM jazzhr.writebacks
WHERE tenant_id = @tenant_id
    AND (
        state = 'attention'
        OR state = 'pending' AND (admitted_at IS NULL OR admitted_at IS NOT NULL)
    )
ORDER BY created_at
LIMIT sqlc.arg(max_rows);

-- name: DropWriteback :execrows
UPDATE jazzhr.writebacks
SET
    state = 'rejected',
    done_at = jazzhr.now(),
    admitted_at = NULL,
    waiting_for = NULL,
    waiting_effect = NULL,
    last_error = @reason
WHERE tenant_id = @tenant_id
    AND writeback_id = @writeback_id
    AND state IN ('pending', 'attention');
