-- Adds the indexes that queries need on a large database, and drops those that no query uses. Sets
-- the room that tables keep for updates, and when they are vacuumed. The measures are in
-- docs/engineering/queries.md.

-- +goose Up
-- No query looks for jobs by a part of their args or metadata. River UI does not either: its
-- filters are ids, kinds, queues, priorities and states. From time to time an insert had to flush
-- the pending entries of these two indexes, and took a second for it.
DROP INDEX IF EXISTS jazzhr.river_job_args_index;
DROP INDEX IF EXISTS jazzhr.river_job_metadata_index;
DROP INDEX jazzhr.links_applicant_idx, jazzhr.sessions_expires_at_idx;

-- Finds whether a writeback answered a request. Without it all writebacks of the tenant were read.
CREATE INDEX writebacks_request_idx ON jazzhr.writebacks (tenant_id, request_id) WHERE request_id IS NOT NULL;
-- Finds the tenants that have a writeback that may go on. Without it the tick also read what waits
-- for later.
CREATE INDEX writebacks_due_idx ON jazzhr.writebacks (tenant_id, next_attempt_at) WHERE state = 'pending' AND admitted_at IS NULL;
-- Writebacks that need a person, in the order in which they are listed.
DROP INDEX jazzhr.writebacks_attention_idx;
CREATE INDEX writebacks_attention_idx ON jazzhr.writebacks (tenant_id, writeback_id) WHERE state = 'attention';
-- Finds the oldest event that is not delivered yet. Without it each scrape read all events.
CREATE INDEX events_undelivered_idx ON jazzhr.events (created_at) WHERE state = 'pending';

-- Requests are found by person, applicant or email, so the other columns of these indexes go.
DROP INDEX jazzhr.interview_requests_person_idx, jazzhr.interview_requests_applicant_idx, jazzhr.interview_requests_email_idx;
CREATE INDEX interview_requests_person_idx ON jazzhr.interview_requests (tenant_id, person_id);
CREATE INDEX interview_requests_applicant_idx ON jazzhr.interview_requests (tenant_id, applicant_id) WHERE applicant_id IS NOT NULL;
CREATE INDEX interview_requests_email_idx ON jazzhr.interview_requests (tenant_id, email) WHERE email IS NOT NULL;

-- Keeps room on the page for a row's next version, in tables where no index prevents an update in
-- place (a HOT update).
ALTER TABLE jazzhr.tenants SET (fillfactor = 80);
ALTER TABLE jazzhr.poll_cursors SET (fillfactor = 80);
ALTER TABLE jazzhr.steps SET (fillfactor = 90);
-- No update of an effect is in place, because two indexes contain its state. Less room did no harm,
-- and the table takes a fifth less of the disk.
ALTER TABLE jazzhr.effects SET (fillfactor = 90);

-- By default a fifth of a table may be dead before it is vacuumed: two million effects. What waits
-- is found by small indexes. Each row passes through them and leaves a dead entry.
ALTER TABLE jazzhr.river_job SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE jazzhr.writebacks SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE jazzhr.webhooks SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE jazzhr.events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE jazzhr.effects SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE jazzhr.steps SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- +goose Down
ALTER TABLE jazzhr.steps RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE jazzhr.effects SET (fillfactor = 70);
ALTER TABLE jazzhr.effects RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE jazzhr.events RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE jazzhr.webhooks RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE jazzhr.writebacks RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE jazzhr.river_job RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE jazzhr.poll_cursors RESET (fillfactor);
ALTER TABLE jazzhr.tenants RESET (fillfactor);
DROP INDEX jazzhr.interview_requests_person_idx, jazzhr.interview_requests_applicant_idx, jazzhr.interview_requests_email_idx;
CREATE INDEX interview_requests_person_idx ON jazzhr.interview_requests (tenant_id, person_id, job_key, created_at);
CREATE INDEX interview_requests_applicant_idx ON jazzhr.interview_requests (tenant_id, applicant_id, created_at);
CREATE INDEX interview_requests_email_idx ON jazzhr.interview_requests (tenant_id, email, created_at);
DROP INDEX jazzhr.events_undelivered_idx, jazzhr.writebacks_request_idx, jazzhr.writebacks_due_idx, jazzhr.writebacks_attention_idx;
CREATE INDEX writebacks_attention_idx ON jazzhr.writebacks (tenant_id) WHERE state = 'attention';
CREATE INDEX sessions_expires_at_idx ON jazzhr.sessions (expires_at);
CREATE INDEX links_applicant_idx ON jazzhr.links (tenant_id, applicant_id);
CREATE INDEX river_job_metadata_index ON jazzhr.river_job USING gin (metadata);
CREATE INDEX river_job_args_index ON jazzhr.river_job USING gin (args);
