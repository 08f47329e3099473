-- payments_topic: every message of the payments topic that is a JSON object, as it arrived.
--
-- Grain:   one row per Kafka message; one that is not JSON gives no row here (see payment_lines)
-- Reads:   none
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    the watermark runs 50 ms behind the newest payment of the slowest partition; nothing is
--          dropped for being behind it, payments_timed marks such rows
-- Source:  docs/architecture.md, "Time"
CREATE TEMPORARY TABLE payments_topic (
    kind STRING,
    transaction_id STRING,
    card_id STRING,
    customer_id STRING,
    merchant_id STRING,
    -- As BIGINT the format would cut 12.7 to 12 without a word; payments_checked rejects it.
    amount_cents DOUBLE,
    currency STRING,
    channel STRING,
    latitude DOUBLE,
    longitude DOUBLE,
    device_id STRING,
    card_last4 STRING,
    event_ms BIGINT,
    kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
    kafka_partition INT METADATA FROM 'partition',
    kafka_offset BIGINT METADATA FROM 'offset',
    proc_time AS PROCTIME(),
    -- Never NULL, which would end the job, and never more than 5 minutes ahead of the broker's own
    -- clock, because one far-future stamp would stop the partition's event time for good. A message
    -- without a usable time does not move the clock: the broker's would be ahead of a replay. The
    -- range check comes first: TO_TIMESTAMP_LTZ fails on numbers that are no date.
    event_time AS CASE
        WHEN event_ms IS NULL OR event_ms NOT BETWEEN 946684800000 AND 4102444800000
            THEN TIMESTAMP '2000-01-01 00:00:00.000'
        WHEN TO_TIMESTAMP_LTZ(event_ms, 3) > kafka_time + INTERVAL '5' MINUTE
            THEN TIMESTAMP '2000-01-01 00:00:00.000'
        ELSE CAST(TO_TIMESTAMP_LTZ(event_ms, 3) AS TIMESTAMP(3))
    END,
    WATERMARK FOR event_time AS event_time - INTERVAL '0.050' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = '${PAYMENTS_TOPIC}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP}',
    'properties.security.protocol' = '${KAFKA_SECURITY_PROTOCOL}',
    'properties.ssl.truststore.type' = '${KAFKA_TRUSTSTORE_TYPE?}',
    'properties.ssl.truststore.certificates' = '${KAFKA_TRUSTED_CERTIFICATES?}',
    'properties.sasl.mechanism' = '${KAFKA_SASL_MECHANISM?}',
    'properties.sasl.jaas.config' = '${KAFKA_JAAS?}',
    'properties.group.id' = 'swipestream-score-payments',
    'scan.startup.mode' = '${SCAN_STARTUP_MODE}',
    'scan.startup.timestamp-millis' = '${SCAN_STARTUP_MS?}',
    'scan.bounded.mode' = '${SCAN_BOUNDED_MODE}',
    'scan.watermark.emit.strategy' = 'on-periodic',
    -- Not shorter: while a backlog is read, a partition that waits its turn would count as idle and
    -- its payments would come out late. Small portions of each, so that the turns are short.
    'scan.watermark.idle-timeout' = '${IDLE_TIMEOUT}',
    'properties.max.partition.fetch.bytes' = '131072',
    'scan.topic-partition-discovery.interval' = '5 min',
    'value.format' = 'json',
    'value.json.ignore-parse-errors' = 'true',
    -- The quicker parser loses its place at a list or object where a number belongs: such a message
    -- vanished, or fields of what was inside it counted as the payment's own.
    'value.json.decode.json-parser.enabled' = 'false'
)
