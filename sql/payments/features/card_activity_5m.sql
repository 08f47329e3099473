-- card_activity_5m: how busy a card was in the five minutes before each payment.
--
-- Grain:   one row per transaction_id; append-only, never retracted
-- Reads:   card_activity_24h
-- Window:  event time, 5 minutes up to and including this instant; the payment itself is excluded
--          from count and sum, and included in the number of different merchants
-- Units:   card_amount_cents_5m is in minor units of the card currency
-- Late:    never reach this view: the split before it sends them on without history
-- Source:  card testing and rapid emptying: Bolton and Hand 2002, doi:10.1214/ss/1042727940
CREATE TEMPORARY VIEW card_activity_5m AS
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
        card_txn_count_24h,
        card_amount_cents_24h,
        card_merchant_count_24h,
        COUNT(*) OVER last_5m AS txn_count,
        SUM(amount_cents) OVER last_5m AS amount_cents_sum,
        COUNT(DISTINCT merchant_id) OVER last_5m AS merchant_count
    FROM card_activity_24h
    WINDOW last_5m AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW
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
    card_txn_count_24h,
    card_amount_cents_24h,
    card_merchant_count_24h,
    -- OVER always includes the current row, so take it back out.
    CAST(txn_count - 1 AS INT) AS card_txn_count_5m,
    CAST(amount_cents_sum - amount_cents AS BIGINT) AS card_amount_cents_5m,
    CAST(merchant_count AS INT) AS card_merchant_count_5m
FROM windowed
