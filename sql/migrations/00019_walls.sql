-- Walls between tenants: row security on every table that has a tenant_id.
--
-- Two roles belong to a deployment. They are named after the schema's owner, since all databases of a
-- server share its roles: "jazzhr" has jazzhr_tenant, in which db.InTenant works, and jazzhr_system,
-- whose members see the rows of all tenants. `migrate up` makes them before it comes here.
--
-- It runs in no transaction of its own, since raise_walls commits table by table. It can be run again.
-- +goose NO TRANSACTION

-- +goose Up
-- Lists the tables that have a tenant_id, and says of each whether its wall is whole.
CREATE OR REPLACE FUNCTION jazzhr.walls() RETURNS TABLE (name text, whole boolean) LANGUAGE sql STABLE AS '
    SELECT
        format(''%I.%I'', n.nspname, c.relname),
        c.relrowsecurity AND c.relforcerowsecurity
        AND EXISTS (
            SELECT FROM pg_policy p
            WHERE p.polrelid = c.oid AND p.polname = ''tenant'' AND p.polroles = ''{0}''
        )
        AND EXISTS (
            SELECT FROM pg_policy p
            JOIN pg_roles r ON p.polroles = ARRAY[r.oid]
            WHERE p.polrelid = c.oid AND p.polname = ''system''
                AND r.rolname = pg_get_userbyid(n.nspowner) || ''_system''
        )
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname = ''jazzhr'' AND c.relkind IN (''r'', ''p'') AND a.attname = ''tenant_id''
    ORDER BY c.oid
';

-- Two indexes are on an expression. Behind a wall Postgres can't look anything up in them: it would
-- apply the expression to other tenants' rows, whose values an error could show. So these functions
-- look it up with their owner's rights, and hold the rows to the tenant themselves.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION jazzhr.creates_by_email(tenant uuid, emails text[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 10 AS $body$
BEGIN
    RETURN QUERY SELECT e.effect_id
    FROM jazzhr.effects e
    WHERE e.tenant_id = tenant
        AND tenant = nullif(current_setting('jazzhr.tenant_id', true), '')::uuid
        AND e.kind = 'create_applicant'
        AND split_part(e.key, ' ', 1) = ANY(emails);
END
$body$;
CREATE OR REPLACE FUNCTION jazzhr.events_by_subject(tenant uuid, subjects text[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 10 AS $body$
BEGIN
    RETURN QUERY SELECT e.sequence
    FROM jazzhr.events e
    WHERE e.tenant_id = tenant
        AND tenant = nullif(current_setting('jazzhr.tenant_id', true), '')::uuid
        AND coalesce(e.data ->> 'request_id', e.data ->> 'webhook_id', e.data ->> 'writeback_id') = ANY(subjects)
        AND e.type IN (
            'candidate.exported',
            'interview.requested',
            'writeback.completed',
            'writeback.rejected',
            'writeback.attention'
        );
END
$body$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION jazzhr.creates_by_email, jazzhr.events_by_subject FROM PUBLIC;

-- Raises what is missing of the walls. `migrate up` calls it each time, so that the tables of later
-- migrations, and River's, get what they need.
--
-- Each table is walled in a transaction of its own: the lock that this takes is then the only one, so
-- it can't deadlock with the release that runs meanwhile. FORCE holds the owner to the policies too.
-- Policy tenant is for every role, since the backend's own role needs it as well. What a role may do
-- at all is up to its grants.
-- +goose StatementBegin
CREATE OR REPLACE PROCEDURE jazzhr.raise_walls() LANGUAGE plpgsql AS $body$
DECLARE
    owner text := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'jazzhr');
    tenant_role text := owner || '_tenant';
    system_role text := owner || '_system';
    wall record;
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION jazzhr.tenant_role() RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %L', tenant_role);
    EXECUTE format('GRANT USAGE ON SCHEMA jazzhr TO %I, %I', tenant_role, system_role);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA jazzhr TO %I, %I', tenant_role, system_role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jazzhr TO %I', system_role);
    -- What a tenant's work needs of the tables that belong to no tenant.
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON jazzhr.river_job TO %I', tenant_role);
    EXECUTE format('GRANT SELECT, UPDATE ON jazzhr.breakers TO %I', tenant_role);
    EXECUTE format('GRANT SELECT ON jazzhr.distrust, jazzhr.clock_steps, jazzhr.nodes TO %I', tenant_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION jazzhr.creates_by_email, jazzhr.events_by_subject TO %I', tenant_role);
    COMMIT;
    FOR wall IN SELECT * FROM jazzhr.walls() LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', wall.name, tenant_role);
        IF NOT wall.whole THEN
            EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', wall.name);
            EXECUTE format('DROP POLICY IF EXISTS system ON %s', wall.name);
            EXECUTE format('CREATE POLICY tenant ON %s
                USING (tenant_id = nullif(current_setting(''jazzhr.tenant_id'', true), '''')::uuid)', wall.name);
            EXECUTE format('CREATE POLICY system ON %s TO %I USING (true)', wall.name, system_role);
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', wall.name);
        END IF;
        COMMIT;
    END LOOP;
END
$body$;
-- +goose StatementEnd
CALL jazzhr.raise_walls();

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    wall record;
BEGIN
    FOR wall IN SELECT * FROM jazzhr.walls() LOOP
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', wall.name);
        EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', wall.name);
        EXECUTE format('DROP POLICY IF EXISTS system ON %s', wall.name);
    END LOOP;
END
$$;
-- +goose StatementEnd
DROP FUNCTION jazzhr.creates_by_email, jazzhr.events_by_subject;
DROP PROCEDURE jazzhr.raise_walls();
DROP FUNCTION jazzhr.walls();
DROP FUNCTION IF EXISTS jazzhr.tenant_role();
