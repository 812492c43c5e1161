-- What an account does to the notes that are written into it, learnt by reading some of them back.

-- +goose Up
ALTER TABLE jazzhr.tenants
    -- How many characters of a note the account keeps. NULL is as many as were written so far.
    ADD COLUMN note_limit integer CHECK (note_limit > 0),
    -- A character of four bytes was seen in one of the account's notes.
    ADD COLUMN note_four_byte boolean NOT NULL DEFAULT false,
    ADD COLUMN notes_checked integer NOT NULL DEFAULT 0,
    -- What the last note that was checked came back as.
    ADD COLUMN note_form text;

-- +goose Down
ALTER TABLE jazzhr.tenants
    DROP COLUMN note_limit, DROP COLUMN note_four_byte, DROP COLUMN notes_checked, DROP COLUMN note_form;
