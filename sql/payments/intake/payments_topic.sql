-- payments_topic: every message of the payments topic as it arrived, in bytes.
--
-- Grain:   one row per Kafka message; a tombstone has no bytes
-- Units:   kafka_time is the broker's clock
CREATE TEMPORARY TABLE payments_topic (
    message BYTES,
    kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
    kafka_partition INT METADATA FROM 'partition',
    kafka_offset BIGINT METADATA FROM 'offset'
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
    -- A message of an aborted transaction was never sent.
    'properties.isolation.level' = 'read_committed',
    'scan.startup.mode' = '${SCAN_STARTUP_MODE}',
    'scan.startup.timestamp-millis' = '${SCAN_STARTUP_MS?}',
    'scan.bounded.mode' = '${SCAN_BOUNDED_MODE}',
    'scan.topic-partition-discovery.interval' = '5 s',
    'value.format' = 'raw'
)
