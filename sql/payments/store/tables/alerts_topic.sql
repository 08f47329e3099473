-- alerts_topic: where payments to review or block are announced.
--
-- Grain:   one message per alert, at least once: after a restart some come again
-- Reads:   scored_payments
-- Source:  whoever acts on an alert at once: README.md, "A payment and its alert"
CREATE TEMPORARY TABLE alerts_topic WITH (
    'connector' = 'kafka',
    'topic' = '${ALERTS_TOPIC}',
    'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP}',
    'properties.security.protocol' = '${KAFKA_SECURITY_PROTOCOL}',
    'properties.ssl.truststore.type' = '${KAFKA_TRUSTSTORE_TYPE?}',
    'properties.ssl.truststore.certificates' = '${KAFKA_TRUSTED_CERTIFICATES?}',
    'properties.sasl.mechanism' = '${KAFKA_SASL_MECHANISM?}',
    'properties.sasl.jaas.config' = '${KAFKA_JAAS?}',
    'key.format' = 'raw',
    'key.fields' = 'card_id',
    'value.format' = 'json',
    'value.json.timestamp-format.standard' = 'ISO-8601',
    'sink.delivery-guarantee' = 'at-least-once'
) LIKE scored_payments (
    EXCLUDING OPTIONS
    -- A key is what makes a row replace another; every alert is a message of its own.
    EXCLUDING CONSTRAINTS
)
