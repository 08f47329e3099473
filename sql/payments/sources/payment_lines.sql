-- payment_lines: every message of the payments topic as text, to find what is no JSON object.
--
-- Grain:   one row per Kafka message with a value; a tombstone is an empty row
-- Reads:   none
-- Window:  none
-- Units:   none
-- Late:    no event time here: a line is accepted or rejected whenever it comes
-- Source:  the json format drops what it cannot parse without a trace; this second, cheap reader
--          of the same topic is what makes that loss visible
CREATE TEMPORARY TABLE payment_lines (
    line STRING,
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
    'scan.startup.mode' = '${SCAN_STARTUP_MODE}',
    'scan.startup.timestamp-millis' = '${SCAN_STARTUP_MS?}',
    'scan.bounded.mode' = '${SCAN_BOUNDED_MODE}',
    'scan.topic-partition-discovery.interval' = '5 min',
    -- Half a second later is soon enough to hear of a message that is no payment, and asking the
    -- broker anew for each message would cost as much as reading them does.
    'properties.fetch.min.bytes' = '262144',
    'properties.fetch.max.wait.ms' = '500',
    'value.format' = 'raw'
)
