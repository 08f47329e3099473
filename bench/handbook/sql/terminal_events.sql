-- terminal_events: payments of a terminal, what became known of them, and when somebody asks.
--
-- Grain:   one row per payment, dated when it was made; one per payment, dated when its label was
--          known; one per terminal and full hour that a payment looks up, dated at that hour
-- Reads:   payments, card_habits
-- Units:   *_ms are UTC epoch milliseconds
-- Order:   a label takes 7 days; until then it does not exist. A payment looks up the newest full
--          hour that is at least ten minutes old, as in the stream: the hour's refresh takes time
-- Source:  the delay is the book's: Fraud Detection Handbook, "Baseline feature transformation"
CREATE TEMPORARY TABLE terminal_events AS
WITH made AS (
    SELECT
        payments.terminal_id,
        payments.event_ms,
        payments.is_fraud,
        payments.known_ms,
        card_habits.amount_to_card_usual_90d
    FROM payments
    INNER JOIN card_habits ON payments.payment_id = card_habits.payment_id
),

asked AS (
    SELECT DISTINCT
        terminal_id,
        risk_hour_ms
    FROM payments
)

SELECT
    terminal_id,
    event_ms AS at_ms,
    1 AS is_payment,
    NULL AS is_fraud,
    NULL AS known_event_ms,
    NULL AS fraud_to_usual,
    NULL AS hour_ms
FROM made
UNION ALL
SELECT
    terminal_id,
    known_ms AS at_ms,
    NULL AS is_payment,
    is_fraud,
    event_ms AS known_event_ms,
    CASE WHEN is_fraud = 1 THEN LEAST(amount_to_card_usual_90d, 10) END AS fraud_to_usual,
    NULL AS hour_ms
FROM made
UNION ALL
SELECT
    terminal_id,
    risk_hour_ms AS at_ms,
    NULL AS is_payment,
    NULL AS is_fraud,
    NULL AS known_event_ms,
    NULL AS fraud_to_usual,
    risk_hour_ms AS hour_ms
FROM asked
