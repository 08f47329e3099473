-- rejected_payments: where messages that are no usable payment are kept.
--
-- Grain:   one row per rejected Kafka message, written again after a restart: an upsert
-- Reads:   none
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    stored like any other, with is_late
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE rejected_payments (
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_topic STRING,
    reason STRING,
    arrived_at TIMESTAMP(3),
    rejected_at TIMESTAMP(3),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'rejected_payments',
    'sink.buffer-flush.max-rows' = '1000',
    'sink.buffer-flush.interval' = '${SINK_FLUSH_INTERVAL}',
    'sink.max-retries' = '3'
)
