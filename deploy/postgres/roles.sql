-- A role for each service, with what it needs and nothing else.
--
--   psql --dbname=seealso --file=deploy/postgres/roles.sql      as a superuser, before the first migration:
--                                                               makes the roles, none has a password
--   python -m seealso_hub.migrate                               as seealso_owner
--   psql --dbname=seealso --file=deploy/postgres/roles.sql      again, now and after every migration:
--                                                               gives the rights to the tables there are
--
-- It may be run again at any time, also under load. The list below is the whole truth: what is not
-- in it is taken away. Passwords: ALTER ROLE seealso_ingest PASSWORD '...', and so on.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['seealso_owner', 'seealso_ingest', 'seealso_render',
                                'seealso_feeds', 'seealso_dispatch'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', name);
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), name);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', name);
        IF name <> 'seealso_owner' THEN
            EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', name);
        END IF;
    END LOOP;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    -- The owner alone changes the schema; tables that another role made become its own.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT CREATE ON SCHEMA public TO seealso_owner;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
                AND tableowner <> 'seealso_owner' LOOP
        EXECUTE format('ALTER TABLE public.%I OWNER TO seealso_owner', name);
    END LOOP;
END $$;

-- Who may do what with which table. One service writes a table; article_version is append-only.
CREATE TEMPORARY TABLE granted (roles text[], rights text, tables text[]) ON COMMIT DROP;
INSERT INTO granted VALUES
    -- Everybody reads what is published or about to be, and how the work stands.
    ('{ingest,render,feeds,dispatch}', 'SELECT',
     '{seealso_schema,hub,api_key,heartbeat,article,identity,article_version,ledger,output,rendition,topic,topic_name,topic_word,topic_relation,filing,see_also,placement,term,issue,issue_article}'),
    -- The numbers of /metrics: how many messages wait, never to whom.
    ('{ingest,render,feeds}', 'SELECT (state, run_at, lease_until)', '{delivery}'),
    ('{render,feeds,dispatch}', 'SELECT (at, held)', '{rejected}'),
    -- And how the watching of sources goes, never what is watched.
    ('{render,feeds,dispatch}', 'SELECT (name, state, run_at, lease_until, failures)', '{source}'),
    ('{render,feeds,dispatch}', 'SELECT (code, ignored)', '{finding}'),
    -- Each says that it is alive; what is taken back renews the mark of the caches in front.
    ('{ingest,render,feeds,dispatch}', 'INSERT, UPDATE', '{heartbeat,hub}'),

    ('{ingest}', 'INSERT, UPDATE', '{api_key,article,identity,ledger}'),
    ('{ingest}', 'INSERT', '{article_version}'),
    ('{ingest}', 'SELECT, INSERT, UPDATE, DELETE',
     '{article_origin,source,source_item,websub,finding,rejected}'),
    ('{ingest}', 'DELETE', '{rendition}'),

    ('{render}', 'INSERT, UPDATE', '{output}'),
    ('{render}', 'INSERT, UPDATE, DELETE', '{ledger,rendition}'),

    ('{feeds}', 'INSERT, UPDATE', '{ledger}'),
    ('{feeds}', 'INSERT, UPDATE, DELETE',
     '{topic,topic_name,topic_word,topic_relation,filing,see_also,placement,term}'),
    ('{feeds}', 'SELECT, INSERT, UPDATE', '{partner,channel,feed_read}'),

    ('{dispatch}', 'SELECT, INSERT, UPDATE, DELETE', '{subscriber,subscription,consent,suppression}'),
    ('{dispatch}', 'INSERT, UPDATE', '{issue}'),
    ('{dispatch}', 'INSERT', '{issue_article}'),
    ('{dispatch}', 'SELECT, INSERT, UPDATE, DELETE', '{delivery}');

DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT 'seealso_' || role AS role, rights, name
        FROM granted, unnest(roles) AS role, unnest(tables) AS name
        WHERE to_regclass('public.' || name) IS NOT NULL
    LOOP
        EXECUTE format('GRANT %s ON public.%I TO %I', one.rights, one.name, one.role);
    END LOOP;
END $$;

COMMIT;
