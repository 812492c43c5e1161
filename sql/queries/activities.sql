-- name: PollCursor :one
SELECT newest_day, baseline_day, head
FROM jazzhr.poll_cursors
WHERE tenant_id = @tenant_id AND list = @list AND passes > 0;

-- name: MovePollCursor :exec
-- Call it only after a whole pass. The day never moves back, because two passes at once may end in
-- any order.
INSERT INTO jazzhr.poll_cursors (
    tenant_id,
    list,
    newest_day,
    baseline_day,
    head,
    passes,
    passed_at,
    turn_at
)
VALUES (
    @tenant_id,
    @list,
    sqlc.narg(newest_day),
    sqlc.narg(newest_day),
    sqlc.narg(head),
    1,
    jazzhr.now(),
    jazzhr.now()
)
ON CONFLICT (tenant_id, list) DO UPDATE
SET
    newest_day = greatest(poll_cursors.newest_day, excluded.newest_day),
    baseline_day = CASE
        WHEN poll_cursors.passes = 0 THEN excluded.newest_day
        ELSE poll_cursors.baseline_day
    END,
    head = excluded.head,
    passes = poll_cursors.passes + 1,
    passed_at = jazzhr.now(),
    turn_at = jazzhr.now(),
    short_since = NULL,
    cut_page = NULL,
    cut_day = NULL;

-- name: EndShortPoll :exec
-- Records a pass that ended at a page without news. Only a cut that it has left itself is over: page
-- says where.
UPDATE jazzhr.poll_cursors
SET
    head = @head,
    passes = passes + 1,
    turn_at = jazzhr.now(),
    short_since = coalesce(short_since, jazzhr.now()),
    cut_page = nullif(cut_page, @page::integer)
WHERE tenant_id = @tenant_id AND list = @list;

-- name: CutPoll :exec
-- Notes from which page on a pass goes on if it is stopped now.
INSERT INTO jazzhr.poll_cursors (
    tenant_id,
    list,
    cut_page,
    cut_day,
    turn_at
)
VALUES (
    @tenant_id,
    @list,
    @page::integer,
    sqlc.narg(day),
    jazzhr.now()
)
ON CONFLICT (tenant_id, list) DO UPDATE
SET
    cut_page = excluded.cut_page,
    cut_day = excluded.cut_day,
    turn_at = excluded.turn_at;

-- name: NoteTurns :exec
UPDATE jazzhr.poll_cursors
SET turn_at = jazzhr.now()
WHERE tenant_id = @tenant_id AND list = ANY(@lists::text[]);

-- name: NoteQuietPoll :exec
-- Records a complete pass that found the list unchanged since the pass before it.
WITH counted_pass AS (
    UPDATE jazzhr.poll_cursors c
    SET passes = c.passes + 1, passed_at = jazzhr.now()
    WHERE c.tenant_id = @tenant_id AND c.list = @list AND c.head = @head
)
UPDATE jazzhr.tenants t
SET last_poll_at = jazzhr.now()
WHERE t.tenant_id = @tenant_id;

-- name: InsertActivities :many
-- Returns the ids that were new. Rows are inserted in the order of their ids, so that two passes at
-- once cannot deadlock.
INSERT INTO jazzhr.activities (
    tenant_id,
    activity_id,
    category,
    object_id,
    action,
    occurred_on,
    occurred_time
)
SELECT
    @tenant_id,
    a.activity_id,
    a.category,
    a.object_id,
    a.action,
    nullif(a.occurred_on, '')::date,
    nullif(a.occurred_time, '')
FROM (
    SELECT
        unnest(@activity_ids::text[]) AS activity_id,
        unnest(@categories::text[]) AS category,
        unnest(@object_ids::text[]) AS object_id,
        unnest(@actions::text[]) AS action,
        unnest(@days::text[]) AS occurred_on,
        unnest(@times::text[]) AS occurred_time
) a
ORDER BY a.activity_id
ON CONFLICT DO NOTHING
RETURNING activity_id;
