-- book_features: the fifteen features of the Fraud Detection Handbook, for the controls.
--
-- Grain:   one row per payment_id
-- Reads:   payments
-- Window:  event time; card: 1, 7 and 30 days up to this payment, itself included; terminal: 1, 7
--          and 30 days that ended 7 days ago, because labels take that long
-- Units:   amounts in the currency itself, as in the book; risk in [0, 1]
-- Source:  Le Borgne et al. 2022, Fraud Detection Handbook, "Baseline feature transformation"
CREATE TEMPORARY TABLE book_features AS
WITH windowed AS (
    SELECT
        payment_id,
        amount_cents,
        event_time,
        COUNT(*) OVER card_1d AS card_count_1d,
        COUNT(*) OVER card_7d AS card_count_7d,
        COUNT(*) OVER card_30d AS card_count_30d,
        SUM(amount_cents) OVER card_1d AS card_cents_1d,
        SUM(amount_cents) OVER card_7d AS card_cents_7d,
        SUM(amount_cents) OVER card_30d AS card_cents_30d,
        COUNT(*) OVER known_1d AS terminal_count_1d,
        COUNT(*) OVER known_7d AS terminal_count_7d,
        COUNT(*) OVER known_30d AS terminal_count_30d,
        SUM(is_fraud) OVER known_1d AS terminal_frauds_1d,
        SUM(is_fraud) OVER known_7d AS terminal_frauds_7d,
        SUM(is_fraud) OVER known_30d AS terminal_frauds_30d
    FROM payments
    WINDOW
        card_1d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 86400000 PRECEDING AND CURRENT ROW
        ),
        card_7d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 604800000 PRECEDING AND CURRENT ROW
        ),
        card_30d AS (
            PARTITION BY card_id
            ORDER BY event_ms
            RANGE BETWEEN 2592000000 PRECEDING AND CURRENT ROW
        ),
        known_1d AS (
            PARTITION BY terminal_id
            ORDER BY event_ms
            RANGE BETWEEN 691200000 PRECEDING AND 604800000 PRECEDING
        ),
        known_7d AS (
            PARTITION BY terminal_id
            ORDER BY event_ms
            RANGE BETWEEN 1209600000 PRECEDING AND 604800000 PRECEDING
        ),
        known_30d AS (
            PARTITION BY terminal_id
            ORDER BY event_ms
            RANGE BETWEEN 3196800000 PRECEDING AND 604800000 PRECEDING
        )
)

SELECT
    payment_id,
    amount_cents / 100.0 AS amount,
    CAST(ISODOW(event_time) >= 6 AS INT) AS is_weekend,
    CAST(HOUR(event_time) <= 6 AS INT) AS is_night,
    card_count_1d,
    card_count_7d,
    card_count_30d,
    card_cents_1d / 100.0 / card_count_1d AS card_mean_amount_1d,
    card_cents_7d / 100.0 / card_count_7d AS card_mean_amount_7d,
    card_cents_30d / 100.0 / card_count_30d AS card_mean_amount_30d,
    terminal_count_1d,
    terminal_count_7d,
    terminal_count_30d,
    -- As in the book: without payments the risk is 0.
    COALESCE(terminal_frauds_1d / CAST(NULLIF(terminal_count_1d, 0) AS DOUBLE), 0)
        AS terminal_risk_1d,
    COALESCE(terminal_frauds_7d / CAST(NULLIF(terminal_count_7d, 0) AS DOUBLE), 0)
        AS terminal_risk_7d,
    COALESCE(terminal_frauds_30d / CAST(NULLIF(terminal_count_30d, 0) AS DOUBLE), 0)
        AS terminal_risk_30d
FROM windowed
