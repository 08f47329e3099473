-- merchants: who takes a payment: category and country.
--
-- Grain:   one row per merchant_id
-- Age:     a lookup returns a row at most 10 min old
-- Source:  sql/postgres/migrations holds the table this reads
CREATE TEMPORARY TABLE merchants (
    merchant_id STRING,
    category STRING,
    country STRING
) WITH (
    'connector' = 'postgres-lookup',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'merchants',
    'lookup.cache.max-rows' = '200000',
    'lookup.cache.expire-after' = '10 min'
)
