-- Which parts of an interview a tenant wants in its notes. A change counts for writebacks that are
-- accepted after it: a note is found again by its text, so the text is fixed when the writeback is
-- accepted.

-- +goose Up
ALTER TABLE jazzhr.tenants
    ADD COLUMN note_score      boolean NOT NULL DEFAULT true,
    ADD COLUMN note_summary    boolean NOT NULL DEFAULT true,
    ADD COLUMN note_link       boolean NOT NULL DEFAULT true,
    ADD COLUMN note_transcript boolean NOT NULL DEFAULT true;

-- +goose Down
ALTER TABLE jazzhr.tenants
    DROP COLUMN note_score, DROP COLUMN note_summary, DROP COLUMN note_link, DROP COLUMN note_transcript;
