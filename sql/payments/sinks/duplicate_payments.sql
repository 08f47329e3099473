-- duplicate_payments: where copies of payments already seen are noted.
--
-- Grain:   one row per copy, written again after a restart: an upsert
-- Reads:   none
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    stored like any other, with is_late
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE duplicate_payments (
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_topic STRING,
    transaction_id STRING,
    card_id STRING,
    copy_number BIGINT,
    event_time TIMESTAMP(3),
    arrived_at TIMESTAMP(3),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'duplicate_payments',
    'sink.buffer-flush.max-rows' = '1000',
    'sink.buffer-flush.interval' = '${SINK_FLUSH_INTERVAL}',
    'sink.max-retries' = '3'
)
