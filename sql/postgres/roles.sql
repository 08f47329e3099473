-- The database users besides the owner, without passwords. An administrator runs it, connected to
-- the database of swipestream; it may be run again. `swipestream up` runs it on the embedded one.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'swipestream_stream', 'swipestream_api', 'swipestream_decisions', 'swipestream_desk',
        'swipestream_dashboards'
    ]
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE FORMAT('CREATE ROLE %I LOGIN', name);
        END IF;
    END LOOP;
    -- Temporary tables could fill the disk; the owner keeps its right to them.
    EXECUTE FORMAT('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', CURRENT_DATABASE());
END
$$;

-- The stream may still connect when the others have used up all their connections
-- (reserved_connections in the server's configuration).
GRANT pg_use_reserved_connections TO swipestream_stream;
ALTER ROLE swipestream_stream CONNECTION LIMIT -1;

ALTER ROLE swipestream_api CONNECTION LIMIT 15;
ALTER ROLE swipestream_api SET statement_timeout = '10s';
ALTER ROLE swipestream_api SET lock_timeout = '5s';
ALTER ROLE swipestream_api SET idle_in_transaction_session_timeout = '30s';

-- A payment waits for each answer: a plan is made once, and a statement that takes seconds is of no
-- use. What a crash of the database loses of its answers is in Kafka.
ALTER ROLE swipestream_decisions CONNECTION LIMIT 20;
ALTER ROLE swipestream_decisions SET plan_cache_mode = force_generic_plan;
ALTER ROLE swipestream_decisions SET jit = off;
ALTER ROLE swipestream_decisions SET synchronous_commit = off;
ALTER ROLE swipestream_decisions SET statement_timeout = '5s';
ALTER ROLE swipestream_decisions SET lock_timeout = '2s';
ALTER ROLE swipestream_decisions SET idle_in_transaction_session_timeout = '10s';

ALTER ROLE swipestream_desk CONNECTION LIMIT 15;
ALTER ROLE swipestream_desk SET jit = off;
ALTER ROLE swipestream_desk SET statement_timeout = '10s';
ALTER ROLE swipestream_desk SET lock_timeout = '5s';
ALTER ROLE swipestream_desk SET idle_in_transaction_session_timeout = '15s';

ALTER ROLE swipestream_dashboards CONNECTION LIMIT 10;
ALTER ROLE swipestream_dashboards SET default_transaction_read_only = on;
ALTER ROLE swipestream_dashboards SET statement_timeout = '30s';
ALTER ROLE swipestream_dashboards SET lock_timeout = '5s';
ALTER ROLE swipestream_dashboards SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE swipestream_dashboards SET idle_session_timeout = '15min';

-- Only a superuser can set this: it keeps users who only read from filling the disk.
DO $$
BEGIN
    ALTER ROLE swipestream_dashboards SET temp_file_limit = '1GB';
    ALTER ROLE swipestream_api SET temp_file_limit = '1GB';
    ALTER ROLE swipestream_decisions SET temp_file_limit = '1GB';
    ALTER ROLE swipestream_desk SET temp_file_limit = '1GB';
    REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea)
    FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'temporary files and large objects are not limited: %', SQLERRM;
END
$$;
