-- card_habits: what a card usually pays.
--
-- Grain:   one row per payment_id
-- Reads:   card_activity
-- Window:  event time, 90 days up to this instant; the payment itself is excluded
-- Units:   *_cents are minor units of the currency
-- Source:  a thief's payments must not become the card's habit, so payments of more than 2.5 times
--          the mean of 30 days before are left out
CREATE TEMPORARY TABLE card_habits AS
WITH judged AS (
    SELECT
        payment_id,
        card_id,
        amount_cents,
        event_ms,
        CAST(COALESCE(amount_to_card_mean_30d <= 2.5, TRUE) AS INT) AS is_usual
    FROM card_activity
),

windowed AS (
    SELECT
        payment_id,
        card_id,
        amount_cents,
        event_ms,
        SUM(is_usual) OVER last_90d - is_usual AS usual_count,
        SUM(is_usual * amount_cents) OVER last_90d - is_usual * amount_cents AS usual_cents
    FROM judged
    WINDOW last_90d AS (
        PARTITION BY card_id
        ORDER BY event_ms
        RANGE BETWEEN 7776000000 PRECEDING AND CURRENT ROW
    )
)

SELECT
    payment_id,
    card_id,
    event_ms,
    usual_cents / CAST(NULLIF(usual_count, 0) AS DOUBLE) AS card_usual_cents_90d,
    amount_cents * usual_count / CAST(NULLIF(usual_cents, 0) AS DOUBLE) AS amount_to_card_usual_90d
FROM windowed
