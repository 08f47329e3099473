-- duplicate_payments: where copies of earlier payments are recorded.
--
-- Grain:   one row per copy; an upsert, so a restart does not duplicate it
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE duplicate_payments (
    kafka_topic STRING,
    kafka_partition INT,
    kafka_offset BIGINT,
    transaction_id STRING,
    card_id STRING,
    event_time TIMESTAMP(3),
    arrived_at TIMESTAMP(3),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset) NOT ENFORCED
) WITH (
    'connector' = 'postgres-upsert',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'duplicate_payments'
)
