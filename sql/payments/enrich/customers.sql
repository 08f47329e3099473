-- customers: the holder of a card: home, time zone, account, usual device.
--
-- Grain:   one row per customer_id
-- Units:   degrees; account_opened_ms is UTC epoch milliseconds
-- Age:     a lookup returns a row at most 10 min old
-- Source:  sql/postgres/migrations holds the table this reads
CREATE TEMPORARY TABLE customers (
    customer_id STRING,
    home_latitude DOUBLE,
    home_longitude DOUBLE,
    home_country STRING,
    utc_offset_minutes INT,
    account_opened_ms BIGINT,
    usual_device_id STRING
) WITH (
    'connector' = 'postgres-lookup',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'customers',
    'lookup.cache.max-rows' = '200000',
    'lookup.cache.expire-after' = '10 min'
)
