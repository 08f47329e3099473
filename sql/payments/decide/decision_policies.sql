-- decision_policies: per channel, the scores from which to review and block, and fallback rules.
--
-- Grain:   one row per channel
-- Units:   scores in [0, 1]; rule_review_amount_cents in minor units of the card currency
-- Age:     a lookup returns a row at most 2 s old
-- Source:  sql/postgres/migrations holds the table this reads
CREATE TEMPORARY TABLE decision_policies (
    channel STRING,
    version INT,
    review_score DOUBLE,
    block_score DOUBLE,
    rule_block_kmh DOUBLE,
    rule_block_km DOUBLE,
    rule_review_txn_count_5m INT,
    rule_review_amount_cents BIGINT
) WITH (
    'connector' = 'postgres-lookup',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'decision_policies',
    'lookup.cache.max-rows' = '100',
    'lookup.cache.expire-after' = '2 s'
)
