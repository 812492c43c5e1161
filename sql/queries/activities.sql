-- name: PollCursor :one
SELECT newest_day FROM jazzhr.poll_cursors WHERE tenant_id = @tenant_id AND list = @list;

-- name: MovePollCursor :exec
-- Only a completed pass moves it, and never back: two passes at once may end in any order.
INSERT INTO jazzhr.poll_cursors (tenant_id, list, newest_day, passes) VALUES (@tenant_id, @list, sqlc.narg(newest_day), 1)
ON CONFLICT (tenant_id, list) DO UPDATE SET newest_day = greatest(poll_cursors.newest_day, excluded.newest_day),
    passes = poll_cursors.passes + 1;

-- name: InsertActivity :execrows
INSERT INTO jazzhr.activities (tenant_id, activity_id, category, object_id, action, occurred_on, occurred_time)
VALUES (@tenant_id, @activity_id, @category, @object_id, @action, sqlc.narg(occurred_on), sqlc.narg(occurred_time))
ON CONFLICT DO NOTHING;
