-- conflicting_payments: where payments with a known transaction_id but other content are kept.
--
-- Grain:   one row per conflicting message; an upsert, so a restart does not duplicate it
-- Units:   amount_cents is in minor units of the card currency; event_ms is UTC epoch
--          milliseconds; degrees
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE conflicting_payments (
    kafka_topic STRING,
    kafka_partition INT,
    kafka_offset BIGINT,
    transaction_id STRING,
    card_id STRING,
    customer_id STRING,
    merchant_id STRING,
    amount_cents BIGINT,
    currency STRING,
    channel STRING,
    latitude DOUBLE,
    longitude DOUBLE,
    device_id STRING,
    card_last4 STRING,
    event_ms BIGINT,
    event_time TIMESTAMP(3),
    arrived_at TIMESTAMP(3),
    reason STRING,
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset) NOT ENFORCED
) WITH (
    'connector' = 'postgres-upsert',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'conflicting_payments'
)
