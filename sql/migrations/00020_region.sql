-- A deployment serves one region. Transcripts of customers in the EU are written into JazzHR, which
-- keeps its data in the United States, only after somebody of theirs has agreed.

-- +goose Up
ALTER TABLE jazzhr.tenants
    ADD COLUMN transcript_consent_by text,
    ADD COLUMN transcript_consent_at timestamptz;
UPDATE jazzhr.tenants SET note_transcript = false WHERE region = 'eu';

-- +goose Down
ALTER TABLE jazzhr.tenants
    DROP COLUMN transcript_consent_by,
    DROP COLUMN transcript_consent_at;
