-- alerts_topic: where payments to review or block are announced.
--
-- Grain:   at least one message per alert: after a restart, some are sent again
-- Reads:   scored_payments
-- Source:  for systems that act on alerts immediately: README.md, "A payment and its alert"
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
    -- Without a key, no alert replaces another: each is a separate message.
    EXCLUDING CONSTRAINTS
)
