-- payments_read: each message's fields, and what is wrong with it as JSON.
--
-- Grain:   one row per Kafka message; append-only
-- Reads:   payments_topic
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  functions/README.md, read_json; docs/rejected_payments.md lists every problem
CREATE TEMPORARY VIEW payments_read AS
SELECT *
FROM read_json(
    input => TABLE payments_topic,
    message => DESCRIPTOR(message),
    fields => 'kind STRING, transaction_id STRING, card_id STRING, customer_id STRING,
        merchant_id STRING, amount_cents BIGINT, currency STRING, channel STRING, latitude DOUBLE,
        longitude DOUBLE, device_id STRING, card_last4 STRING, event_ms BIGINT'
)
