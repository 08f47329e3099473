-- merchant_risk_days: how busy a merchant was at a day's full hours, and how much of it was fraud.
--
-- Grain:   one row per merchant_id and day_ms, the first moment of a day of UTC; an array has an
--          element for each of its 24 hours, from midnight on
-- Window:  payments of the 1, 7 and 28 days before the hour
-- Units:   *_ms are UTC epoch milliseconds; fraud_rates_* in [0, 1]; NULL is unknown
-- Age:     the payment says which hour it asks for, and the answer never changes. One that is not
--          there yet is asked for again after 5 minutes, and a payment asks for an hour that has
--          been over for 10 minutes, so the refresh has five
-- Source:  docs/adr/0020-merchant-risk-a-day-at-a-time.md; sql/postgres/migrations holds the
--          view
CREATE TEMPORARY TABLE merchant_risk_days (
    merchant_id STRING,
    day_ms BIGINT,
    txn_counts_1d ARRAY <INT>,
    txn_counts_7d ARRAY <INT>,
    txn_counts_28d ARRAY <INT>,
    fraud_rates_1d ARRAY <DOUBLE>,
    fraud_rates_7d ARRAY <DOUBLE>,
    fraud_rates_28d ARRAY <DOUBLE>,
    newest_frauds_ms ARRAY <BIGINT>
) WITH (
    'connector' = 'jdbc',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'merchant_risk_days',
    'lookup.cache' = 'PARTIAL',
    'lookup.partial-cache.max-rows' = '20000',
    'lookup.partial-cache.expire-after-write' = '5 min',
    'lookup.max-retries' = '3'
)
