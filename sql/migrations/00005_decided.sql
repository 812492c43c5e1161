-- When a person last said that an effect is not in JazzHR.

-- +goose Up
-- If a person has looked into an effect since the ledger became distrusted, the ledger is trusted
-- about this effect.
ALTER TABLE jazzhr.effects ADD COLUMN decided_at timestamptz;

-- +goose Down
ALTER TABLE jazzhr.effects DROP COLUMN decided_at;
