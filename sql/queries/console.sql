-- name: SystemNodes :many
SELECT
    n.node_id,
    n.started_at,
    n.beat_at,
    extract(epoch FROM jazzhr.now() - n.beat_at)::float8 AS silent_seconds,
    EXISTS (SELECT FROM jazzhr.river_leader l WHERE l.leader_id = n.node_id) AS leads
FROM jazzhr.nodes n
ORDER BY n.started_at, n.node_id;

-- name: SystemLeader :many
-- Returns at most one row. The lease is River's, so it is compared with the real clock.
SELECT leader_id, elected_at, expires_at > now() AS holds
FROM jazzhr.river_leader;

-- name: SystemDelivery :one
-- Returns how the delivery of events to Intrvio goes.
SELECT
    count(*) AS waiting,
    count(*) FILTER (WHERE e.attempts > 0) AS retried,
    coalesce(extract(epoch FROM jazzhr.now() - min(e.created_at)), 0)::float8 AS oldest_seconds,
    coalesce(min(e.created_at), 'epoch')::timestamptz AS oldest_at,
    (
        SELECT count(*)
        FROM jazzhr.events f
        WHERE f.state = 'failed' AND f.created_at > jazzhr.now() - interval '1 day'
    ) AS failed_today
FROM jazzhr.events e
WHERE e.state = 'pending';
