-- payments_in_card_order: each payment with the newest time its card had shown when it arrived.
--
-- Grain:   one row per well-formed Kafka message, duplicates included; append-only
-- Reads:   payments_valid
-- Window:  arrival order, all of the card's payments so far, this one included
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    this is where a payment older than one already seen of its card becomes visible
-- Source:  Kafka keeps a card's payments in order, in one partition. So an exchange before this one
--          may be by partition, which keeps that order, and by nothing else
CREATE TEMPORARY VIEW payments_in_card_order AS
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
    MAX(event_ms) OVER so_far AS newest_ms,
    -- A fresh processing time: the one above was consumed by the window.
    PROCTIME() AS ordered_at
FROM payments_valid
WINDOW so_far AS (
    PARTITION BY card_id
    ORDER BY proc_time
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
