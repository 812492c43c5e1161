-- What running the service needs: which nodes are alive, and who is signed in to the console.

-- +goose Up
-- One row for each running worker process, under its River client's id. An unlogged table would be
-- cheaper, but this one must survive a crash of Postgres: the reaper finds dead nodes by it.
CREATE TABLE jazzhr.nodes (
    node_id    text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    beat_at    timestamptz NOT NULL DEFAULT jazzhr.now()
) WITH (fillfactor = 50);

CREATE TABLE jazzhr.sessions (
    token_hash bytea PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT jazzhr.now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires_at_idx ON jazzhr.sessions (expires_at);

-- +goose Down
DROP TABLE jazzhr.sessions, jazzhr.nodes;
