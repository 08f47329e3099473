-- merchant_risk_days: a merchant's payment counts and fraud rates at each full hour of a day.
--
-- Grain:   one row per merchant_id and day_ms, the start of a UTC day; arrays have 24 elements, one
--          per hour from midnight on
-- Window:  payments of the 1, 7 and 28 days before the hour; mature_*: of those before the week
--          that ends at the hour
-- Units:   *_ms are UTC epoch milliseconds; *fraud_rates_* in [0, 1]; NULL is unknown
-- Age:     the payment's time says which hour to look up, and an hour's answer never changes. If
--          there is none yet, it is looked up again after 5 minutes. A payment asks for an hour
--          that has been over for 10 minutes, which leaves the refresh five
-- Source:  docs/adr/0020-merchant-risk-a-day-at-a-time.md; sql/postgres/migrations holds the view
CREATE TEMPORARY TABLE merchant_risk_days (
    merchant_id STRING,
    day_ms BIGINT,
    txn_counts_1d ARRAY <INT>,
    txn_counts_7d ARRAY <INT>,
    txn_counts_28d ARRAY <INT>,
    fraud_rates_1d ARRAY <DOUBLE>,
    fraud_rates_7d ARRAY <DOUBLE>,
    fraud_rates_28d ARRAY <DOUBLE>,
    newest_frauds_ms ARRAY <BIGINT>,
    mature_txn_counts_1d ARRAY <INT>,
    mature_txn_counts_7d ARRAY <INT>,
    mature_txn_counts_28d ARRAY <INT>,
    mature_fraud_rates_1d ARRAY <DOUBLE>,
    mature_fraud_rates_7d ARRAY <DOUBLE>,
    mature_fraud_rates_28d ARRAY <DOUBLE>,
    frauds_to_usual_28d ARRAY <DOUBLE>,
    oldest_frauds_35d_ms ARRAY <BIGINT>
) WITH (
    'connector' = 'postgres-lookup',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'merchant_risk_days',
    'lookup.read-together-by' = 'day_ms',
    'lookup.cache.max-rows' = '20000',
    'lookup.cache.expire-after' = '5 min'
)
