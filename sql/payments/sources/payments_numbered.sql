-- payments_numbered: each payment with the number of times its transaction_id has been seen.
--
-- Grain:   one row per well-formed Kafka message; copy_number 1 is the payment, the rest are copies
-- Reads:   payments_in_card_order
-- Window:  arrival order, all messages with the same transaction_id within the state's time to live
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    passed on; payments_timed decides
-- Source:  a count instead of a keep-first deduplication, because copies are stored, not dropped
CREATE TEMPORARY VIEW payments_numbered AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    card_last4,
    event_ms,
    event_time,
    arrived_at,
    kafka_partition,
    kafka_offset,
    is_behind_partition,
    newest_ms,
    COUNT(*) OVER same_id AS copy_number
FROM payments_in_card_order
WINDOW same_id AS (
    PARTITION BY transaction_id
    ORDER BY ordered_at
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
