-- merchant_risk_hourly: how busy a merchant was at a full hour, and how much of it was fraud.
--
-- Grain:   one row per merchant_id and hour_ms
-- Reads:   none
-- Window:  payments of the 1, 7 and 28 days before the hour
-- Units:   *_ms are UTC epoch milliseconds; fraud_rate_* in [0, 1]
-- Late:    no event time of its own: the payment says which hour it asks for, and the answer never
--          changes. One that is not there yet, because the refresh is more than 10 minutes late, is
--          asked for again after a minute
-- Source:  docs/adr/0013-merchant-risk-on-an-hour-grid.md; sql/postgres/migrations holds the view
CREATE TEMPORARY TABLE merchant_risk_hourly (
    merchant_id STRING,
    hour_ms BIGINT,
    txn_count_1d INT,
    txn_count_7d INT,
    txn_count_28d INT,
    fraud_rate_1d DOUBLE,
    fraud_rate_7d DOUBLE,
    fraud_rate_28d DOUBLE,
    newest_fraud_ms BIGINT
) WITH (
    'connector' = 'jdbc',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'merchant_risk_hourly',
    'lookup.cache' = 'PARTIAL',
    'lookup.partial-cache.max-rows' = '200000',
    'lookup.partial-cache.expire-after-write' = '1 min',
    'lookup.max-retries' = '3'
)
