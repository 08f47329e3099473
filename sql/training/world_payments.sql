-- world_payments: the simulated history, as if it had come through Kafka.
--
-- Grain:   one row per transaction_id
-- Reads:   payments_on_disk
-- Window:  none
-- Units:   amount_cents is in minor units of the card currency; *_ms are UTC epoch milliseconds;
--          degrees; random_late is 0 to 9999
-- Late:    decided further on, by random_late: history on disk has no arrival times
-- Source:  docs/model_bundle.md, "What the model has seen". random_late is a hash of
--          the transaction_id, so the same world always gives the same training set
CREATE TEMPORARY VIEW world_payments AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    CAST(amount_cents AS BIGINT) AS amount_cents,
    currency,
    channel,
    CAST(latitude AS DOUBLE) AS latitude,
    CAST(longitude AS DOUBLE) AS longitude,
    device_id,
    card_last4,
    CAST(event_ms AS BIGINT) AS event_ms,
    MAKE_TIMESTAMP(CAST(event_ms AS BIGINT) * 1000) AS event_time,
    CAST(NULL AS TIMESTAMP) AS arrived_at,
    CAST(NULL AS INT) AS kafka_partition,
    CAST(NULL AS BIGINT) AS kafka_offset,
    MD5_NUMBER_LOWER('late ' || transaction_id) % 10000 AS random_late
FROM payments_on_disk
