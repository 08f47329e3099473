-- payments: the simulated payments, with the time of their labels and the hour they look up.
--
-- Grain:   one row per payment_id, which counts in order of time
-- Reads:   payments_simulated
-- Units:   *_cents are minor units of the currency; *_ms are UTC epoch milliseconds
-- Order:   a label is known 7 days after its payment
-- Source:  the delay is the book's: Fraud Detection Handbook, "Baseline feature transformation"
CREATE TEMPORARY TABLE payments AS
SELECT
    payment_id,
    card_id,
    terminal_id,
    amount_cents,
    event_ms,
    MAKE_TIMESTAMP(event_ms * 1000) AS event_time,
    is_fraud,
    event_ms + 604800000 AS known_ms,
    -- The newest full hour that is at least ten minutes old.
    (event_ms - 600000) // 3600000 * 3600000 AS risk_hour_ms
FROM payments_simulated
