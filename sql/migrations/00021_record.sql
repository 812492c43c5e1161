-- The record of what people do becomes one that shows when it is changed: who asked and from where,
-- how often, what a setting was before, and a chain of hashes over its rows.

-- +goose Up
-- A release that does not know the columns goes on inserting rows. They are chained like others.
-- position and hash are null until the row is chained, which happens within seconds.
ALTER TABLE jazzhr.actions
    ADD COLUMN actor_kind text CONSTRAINT actions_actor_kind_check
        CHECK (actor_kind IN ('person', 'token', 'link', 'command line', 'stranger')),
    ADD COLUMN actor_id   text,            -- of the token, or what names a session or a link
    ADD COLUMN address    text,            -- of the network, that the request came from
    ADD COLUMN request_id text,            -- as in the answer's X-Request-Id and in the log
    ADD COLUMN changes    text,            -- of settings, as JSON: what each was before and after
    ADD COLUMN times      integer NOT NULL DEFAULT 1 CHECK (times > 0),  -- how often, within a minute
    ADD COLUMN position   bigint,          -- in the chain, from 1 on
    ADD COLUMN hash       bytea,           -- over the row and the hash before it
    ADD CONSTRAINT actions_chained_check CHECK ((position IS NULL) = (hash IS NULL));
CREATE UNIQUE INDEX actions_position_idx ON jazzhr.actions (position) WHERE position IS NOT NULL;
CREATE INDEX actions_unchained_idx ON jazzhr.actions (action_id) WHERE position IS NULL;
CREATE INDEX actions_who_idx ON jazzhr.actions (who, action_id DESC);
CREATE INDEX actions_actor_idx ON jazzhr.actions (actor_id, action_id DESC) WHERE actor_id IS NOT NULL;

-- Where the chain begins and ends, in its one row. The purge moves the beginning.
CREATE TABLE jazzhr.record_chain (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    base_position bigint NOT NULL DEFAULT 0,   -- of the last row that was purged
    base_hash     bytea NOT NULL DEFAULT '',
    head_position bigint NOT NULL DEFAULT 0,   -- of the last row that was chained
    head_hash     bytea NOT NULL DEFAULT ''
);
INSERT INTO jazzhr.record_chain DEFAULT VALUES;

-- A row of the record is chained once, and purged when its time is over. Nothing else is done to it.
-- +goose StatementBegin
CREATE FUNCTION jazzhr.keep_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.position IS NULL AND NEW.position IS NOT NULL
        AND to_jsonb(NEW) - 'position' - 'hash' = to_jsonb(OLD) - 'position' - 'hash' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND coalesce(current_setting('jazzhr.purges_record', true), '') = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a row of jazzhr.actions is neither changed nor removed: let the purge remove it when its time is over';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_record BEFORE UPDATE OR DELETE ON jazzhr.actions
    FOR EACH ROW EXECUTE FUNCTION jazzhr.keep_record();
CREATE TRIGGER keep_whole_record BEFORE TRUNCATE ON jazzhr.actions
    FOR EACH STATEMENT EXECUTE FUNCTION jazzhr.keep_record();

-- +goose Down
DROP TRIGGER keep_record ON jazzhr.actions;
DROP TRIGGER keep_whole_record ON jazzhr.actions;
DROP FUNCTION jazzhr.keep_record();
DROP TABLE jazzhr.record_chain;
DROP INDEX jazzhr.actions_position_idx, jazzhr.actions_unchained_idx, jazzhr.actions_who_idx, jazzhr.actions_actor_idx;
ALTER TABLE jazzhr.actions
    DROP CONSTRAINT actions_chained_check,
    DROP COLUMN actor_kind,
    DROP COLUMN actor_id,
    DROP COLUMN address,
    DROP COLUMN request_id,
    DROP COLUMN changes,
    DROP COLUMN times,
    DROP COLUMN position,
    DROP COLUMN hash;
