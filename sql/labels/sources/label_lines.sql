-- label_lines: every message of the labels topic, as text.
--
-- Grain:   one row per Kafka message; a tombstone is an empty row
-- Order:   a label counts by its labelled_ms, whenever it arrives
-- Source:  read as text, so that one reader serves both labels and messages that are not labels;
--          labels are few
CREATE TEMPORARY TABLE label_lines (
    line STRING,
    kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
    kafka_partition INT METADATA FROM 'partition',
    kafka_offset BIGINT METADATA FROM 'offset'
) WITH (
    'connector' = 'kafka',
    'topic' = '${LABELS_TOPIC}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP}',
    'properties.security.protocol' = '${KAFKA_SECURITY_PROTOCOL}',
    'properties.ssl.truststore.type' = '${KAFKA_TRUSTSTORE_TYPE?}',
    'properties.ssl.truststore.certificates' = '${KAFKA_TRUSTED_CERTIFICATES?}',
    'properties.sasl.mechanism' = '${KAFKA_SASL_MECHANISM?}',
    'properties.sasl.jaas.config' = '${KAFKA_JAAS?}',
    'properties.group.id' = 'swipestream-load-labels',
    -- A message of an aborted transaction was never sent.
    'properties.isolation.level' = 'read_committed',
    'scan.startup.mode' = '${SCAN_STARTUP_MODE}',
    'scan.startup.timestamp-millis' = '${SCAN_STARTUP_MS?}',
    'scan.bounded.mode' = '${SCAN_BOUNDED_MODE}',
    'scan.topic-partition-discovery.interval' = '5 s',
    'value.format' = 'raw'
)
