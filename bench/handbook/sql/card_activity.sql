-- card_activity: how busy a card was and how much it paid before each payment.
--
-- Grain:   one row per payment_id
-- Reads:   payments
-- Window:  event time, 1 hour, 24 hours, 7 and 30 days up to this instant; the payment itself is
--          excluded
-- Units:   *_cents are minor units of the currency
-- Source:  Whitrow et al. 2009, doi:10.1007/s10618-008-0116-z
CREATE TEMPORARY TABLE card_activity AS
WITH windowed AS (
    SELECT
        payment_id,
        card_id,
        amount_cents,
        event_ms,
        LAG(event_ms) OVER (PARTITION BY card_id ORDER BY event_ms, payment_id) AS previous_ms,
        -- OVER always includes the current row, so take it back out.
        COUNT(*) OVER last_1h - 1 AS count_1h,
        COUNT(*) OVER last_24h - 1 AS count_24h,
        COUNT(*) OVER last_7d - 1 AS count_7d,
        COUNT(*) OVER last_30d - 1 AS count_30d,
        CAST(SUM(amount_cents) OVER last_1h - amount_cents AS DOUBLE) AS cents_1h,
        CAST(SUM(amount_cents) OVER last_24h - amount_cents AS DOUBLE) AS cents_24h,
        CAST(SUM(amount_cents) OVER last_7d - amount_cents AS DOUBLE) AS cents_7d,
        CAST(SUM(amount_cents) OVER last_30d - amount_cents AS DOUBLE) AS cents_30d
    FROM payments
    WINDOW
        last_1h AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 3600000 PRECEDING AND CURRENT ROW
        ),
        last_24h AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 86400000 PRECEDING AND CURRENT ROW
        ),
        last_7d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 604800000 PRECEDING AND CURRENT ROW
        ),
        last_30d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 2592000000 PRECEDING AND CURRENT ROW
        )
)

SELECT
    payment_id,
    card_id,
    amount_cents,
    event_ms,
    (event_ms - previous_ms) / 1000.0 AS seconds_since_previous,
    count_1h AS card_txn_count_1h,
    count_24h AS card_txn_count_24h,
    count_7d AS card_txn_count_7d,
    count_30d AS card_txn_count_30d,
    cents_1h AS card_amount_cents_1h,
    cents_24h AS card_amount_cents_24h,
    cents_7d AS card_amount_cents_7d,
    cents_30d AS card_amount_cents_30d,
    amount_cents * count_1h / NULLIF(cents_1h, 0) AS amount_to_card_mean_1h,
    amount_cents * count_24h / NULLIF(cents_24h, 0) AS amount_to_card_mean_24h,
    amount_cents * count_7d / NULLIF(cents_7d, 0) AS amount_to_card_mean_7d,
    amount_cents * count_30d / NULLIF(cents_30d, 0) AS amount_to_card_mean_30d
FROM windowed
