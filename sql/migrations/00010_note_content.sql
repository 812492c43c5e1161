-- What of an interview a tenant wants written into its notes. It counts for writebacks from then on: what is written is
-- settled when a writeback is accepted, since its note is found again by its text.

-- +goose Up
ALTER TABLE jazzhr.tenants
    ADD COLUMN note_score      boolean NOT NULL DEFAULT true,
    ADD COLUMN note_summary    boolean NOT NULL DEFAULT true,
    ADD COLUMN note_link       boolean NOT NULL DEFAULT true,
    ADD COLUMN note_transcript boolean NOT NULL DEFAULT true;

-- +goose Down
ALTER TABLE jazzhr.tenants
    DROP COLUMN note_score, DROP COLUMN note_summary, DROP COLUMN note_link, DROP COLUMN note_transcript;
