-- When a person last said that an effect is not in JazzHR.

-- +goose Up
-- A distrusted ledger is trusted about a row that a person has looked into since.
ALTER TABLE jazzhr.effects ADD COLUMN decided_at timestamptz;

-- +goose Down
ALTER TABLE jazzhr.effects DROP COLUMN decided_at;
