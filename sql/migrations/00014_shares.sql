-- No list of an account, and no tenant, takes what others need: lists take turns at the polls' calls,
-- and a disconnect ends a tenant's work in batches.

-- +goose Up
ALTER TABLE jazzhr.poll_cursors
    ADD COLUMN cut_page    integer,       -- where a pass was stopped; null if none was
    ADD COLUMN cut_day     date,          -- the newest day of the page that this pass began with
    ADD COLUMN turn_at     timestamptz,   -- when a pass last read more of the list than its first page
    -- The first pass since the last whole one that ended at a page without news. Such a short pass
    -- moves neither newest_day nor passed_at.
    ADD COLUMN short_since timestamptz;

ALTER TABLE jazzhr.tenants
    -- When the tick goes on with ending the work of a disconnected tenant; null if all has ended.
    ADD COLUMN end_work_at timestamptz;
CREATE INDEX tenants_end_work_at_idx ON jazzhr.tenants (end_work_at) WHERE end_work_at IS NOT NULL;

-- +goose Down
DROP INDEX jazzhr.tenants_end_work_at_idx;
ALTER TABLE jazzhr.tenants DROP COLUMN end_work_at;
-- A cursor of a list of people that no pass has completed would be taken for one that a pass has.
DELETE FROM jazzhr.poll_cursors WHERE passes = 0 AND list IN ('applicants', 'links');
ALTER TABLE jazzhr.poll_cursors DROP COLUMN short_since, DROP COLUMN turn_at, DROP COLUMN cut_day, DROP COLUMN cut_page;
