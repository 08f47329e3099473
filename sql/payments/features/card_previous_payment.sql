-- card_previous_payment: when and where the card paid the time before, if within a week.
--
-- Grain:   one row per transaction_id; append-only, never retracted
-- Reads:   transactions
-- Window:  event time, the payment and the one before it, if that is at most 7 days ago
-- Units:   previous_ms is UTC epoch milliseconds; degrees, rounded to 0.0000001
-- Late:    never reach this view: the split before it sends them on without history
-- Source:  two payments far apart in space and close in time: Bolton and Hand 2002,
--          doi:10.1214/ss/1042727940
CREATE TEMPORARY VIEW card_previous_payment AS
WITH places AS (
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
        -- Whole steps of a ten millionth of a degree, a centimetre. An online payment has no place;
        -- a sum leaves NULLs out, so unknown travels as an impossible angle.
        CAST(FLOOR(COALESCE(latitude, 999) * 10000000 + 0.5) AS BIGINT) AS latitude_steps,
        CAST(FLOOR(COALESCE(longitude, 999) * 10000000 + 0.5) AS BIGINT) AS longitude_steps
    FROM transactions
),

pairs AS (
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
        latitude_steps,
        longitude_steps,
        COUNT(*) OVER last_two AS payment_count,
        SUM(event_ms) OVER last_two AS event_ms_sum,
        SUM(latitude_steps) OVER last_two AS latitude_steps_sum,
        SUM(longitude_steps) OVER last_two AS longitude_steps_sum
    FROM places
    -- Of two payments the sum less this one is the one before, exactly, in whole numbers. Not LAG:
    -- it is wrong in Flink for payments with equal times. Not FIRST_VALUE: to take a payment out of
    -- its window again, Flink keeps four maps in its state for each.
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
        payment_count,
        CAST(event_ms_sum - event_ms AS BIGINT) AS first_ms,
        CAST(latitude_steps_sum - latitude_steps AS BIGINT) AS first_latitude_steps,
        CAST(longitude_steps_sum - longitude_steps AS BIGINT) AS first_longitude_steps
    FROM pairs
),

recent AS (
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
        first_latitude_steps,
        first_longitude_steps,
        -- This window's state lives 8 days (table.exec.state.ttl): a longer memory would depend on
        -- when the job last forgot, and differ between stream and training.
        payment_count = 2 AND event_ms - first_ms <= 604800000 AS is_recent
    FROM candidates
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
    CASE
        WHEN is_recent AND first_latitude_steps < 9990000000
            THEN CAST(first_latitude_steps AS DOUBLE PRECISION) / 10000000
    END AS previous_latitude,
    CASE
        WHEN is_recent AND first_longitude_steps < 9990000000
            THEN CAST(first_longitude_steps AS DOUBLE PRECISION) / 10000000
    END AS previous_longitude
FROM recent
