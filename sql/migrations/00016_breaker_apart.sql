-- Tenants whose own account takes no writes, which says nothing of JazzHR as a whole. A row of which
-- nothing else is left waits for nobody.

-- +goose Up
ALTER TABLE jazzhr.breakers ADD COLUMN apart uuid[] NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE jazzhr.breakers DROP COLUMN apart;
