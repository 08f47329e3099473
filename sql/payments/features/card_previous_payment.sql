-- card_previous_payment: when and where the card paid the time before, if within a week.
--
-- Grain:   one row per transaction_id; append-only, never retracted
-- Reads:   transactions
-- Window:  event time, the payment and the one before it, if that is at most 7 days ago
-- Units:   previous_ms is UTC epoch milliseconds; degrees
-- Late:    never reach this view: the split before it sends them on without history
-- Source:  two payments far apart in space and close in time: Bolton and Hand 2002,
--          doi:10.1214/ss/1042727940
CREATE TEMPORARY VIEW card_previous_payment AS
WITH pairs AS (
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
        COUNT(*) OVER last_two AS payment_count,
        FIRST_VALUE(event_ms) OVER last_two AS first_ms,
        -- An online payment has no place. Engines disagree on whether FIRST_VALUE skips NULLs, so
        -- unknown travels as an impossible angle.
        FIRST_VALUE(COALESCE(latitude, 999)) OVER last_two AS first_latitude,
        FIRST_VALUE(COALESCE(longitude, 999)) OVER last_two AS first_longitude
    FROM transactions
    -- Not LAG: it is wrong in Flink for payments with equal times.
    WINDOW last_two AS (
        PARTITION BY card_id
        ORDER BY event_time
        ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    )
),

candidates AS (
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
        first_ms,
        first_latitude,
        first_longitude,
        -- This window's state lives 8 days (table.exec.state.ttl): a longer memory would depend on
        -- when the job last forgot, and differ between stream and training.
        payment_count = 2 AND event_ms - first_ms <= 604800000 AS is_recent
    FROM pairs
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
    CASE WHEN is_recent THEN first_ms END AS previous_ms,
    CASE WHEN is_recent THEN NULLIF(first_latitude, 999) END AS previous_latitude,
    CASE WHEN is_recent THEN NULLIF(first_longitude, 999) END AS previous_longitude
FROM candidates
