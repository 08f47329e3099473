-- card_activity_24h: how busy a card was in the day before each payment.
--
-- Grain:   one row per transaction_id; append-only, never retracted
-- Reads:   card_activity_7d
-- Window:  event time, 24 hours up to and including this instant; the payment itself is excluded
--          from count and sum, and included in the number of different merchants
-- Units:   card_amount_cents_24h is in minor units of the card currency
-- Late:    never reach this view: the split before it sends them on without history
-- Source:  spending bursts: Whitrow et al. 2009, doi:10.1007/s10618-008-0116-z
CREATE TEMPORARY VIEW card_activity_24h AS
WITH windowed AS (
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
        previous_ms,
        previous_latitude,
        previous_longitude,
        card_txn_count_7d,
        card_amount_cents_7d,
        card_merchant_count_7d,
        COUNT(*) OVER last_24h AS txn_count,
        SUM(amount_cents) OVER last_24h AS amount_cents_sum,
        COUNT(DISTINCT merchant_id) OVER last_24h AS merchant_count
    FROM card_activity_7d
    WINDOW last_24h AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '24' HOUR PRECEDING AND CURRENT ROW
    )
)

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
    previous_ms,
    previous_latitude,
    previous_longitude,
    card_txn_count_7d,
    card_amount_cents_7d,
    card_merchant_count_7d,
    -- OVER always includes the current row, so take it back out.
    CAST(txn_count - 1 AS INT) AS card_txn_count_24h,
    CAST(amount_cents_sum - amount_cents AS BIGINT) AS card_amount_cents_24h,
    CAST(merchant_count AS INT) AS card_merchant_count_24h
FROM windowed
