-- card_oddities: how often a card recently paid far more than usual.
--
-- Grain:   one row per payment_id
-- Reads:   card_habits
-- Window:  event time, 24 hours, 7, 14 and 21 days up to this instant; the payment itself is
--          excluded
-- Units:   odd is over 2 times, very odd over 3 times what the card usually pays
-- Source:  thieves try again: Whitrow et al. 2009, doi:10.1007/s10618-008-0116-z
CREATE TEMPORARY TABLE card_oddities AS
WITH judged AS (
    SELECT
        payment_id,
        card_id,
        event_ms,
        amount_to_card_usual_90d,
        CAST(COALESCE(amount_to_card_usual_90d > 2, FALSE) AS INT) AS is_odd,
        CAST(COALESCE(amount_to_card_usual_90d > 3, FALSE) AS INT) AS is_very_odd
    FROM card_habits
),

windowed AS (
    SELECT
        payment_id,
        event_ms,
        SUM(is_odd) OVER last_24h - is_odd AS odd_count_24h,
        SUM(is_odd) OVER last_7d - is_odd AS odd_count_7d,
        SUM(is_odd) OVER last_14d - is_odd AS odd_count_14d,
        SUM(is_very_odd) OVER last_14d - is_very_odd AS very_odd_count_14d,
        COUNT(*) OVER last_14d - 1 AS txn_count_14d,
        MAX(amount_to_card_usual_90d) OVER before_14d AS highest_14d,
        MAX(CASE WHEN is_very_odd = 1 THEN event_ms END) OVER before_21d AS newest_odd_ms,
        MIN(CASE WHEN is_very_odd = 1 THEN event_ms END) OVER before_21d AS oldest_odd_ms
    FROM judged
    WINDOW
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
        last_14d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 1209600000 PRECEDING AND CURRENT ROW
        ),
        before_14d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 1209600000 PRECEDING AND 1 PRECEDING
        ),
        before_21d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 1814400000 PRECEDING AND 1 PRECEDING
        )
)

SELECT
    payment_id,
    CAST(odd_count_24h AS INT) AS card_odd_count_24h,
    CAST(odd_count_7d AS INT) AS card_odd_count_7d,
    CAST(odd_count_14d AS INT) AS card_odd_count_14d,
    CAST(very_odd_count_14d AS INT) AS card_very_odd_count_14d,
    CAST(txn_count_14d AS INT) AS card_txn_count_14d,
    highest_14d AS card_highest_to_usual_14d,
    (event_ms - newest_odd_ms) / 86400000.0 AS card_days_since_odd_21d,
    event_ms // 86400000 - oldest_odd_ms // 86400000 AS card_days_since_oldest_odd_21d
FROM windowed
