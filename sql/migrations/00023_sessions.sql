-- Who has signed in to the console, with which role, and as whom at the identity provider.

-- +goose Up
-- The release before makes sessions by the admin token only, which is the role admin. It does not take
-- the others: their cookies are hashed under another key.
ALTER TABLE jazzhr.sessions
    ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN role       text NOT NULL DEFAULT 'admin'
        CONSTRAINT sessions_role_check CHECK (role IN ('reader', 'support', 'operator', 'admin')),
    ADD COLUMN subject    text; -- the provider's id of the person; NULL for the admin token
CREATE UNIQUE INDEX sessions_session_id_idx ON jazzhr.sessions (session_id);
CREATE INDEX sessions_subject_idx ON jazzhr.sessions (subject) WHERE subject IS NOT NULL;

-- +goose Down
DELETE FROM jazzhr.sessions WHERE subject IS NOT NULL;
ALTER TABLE jazzhr.sessions
    DROP COLUMN session_id,
    DROP COLUMN role,
    DROP COLUMN subject;
