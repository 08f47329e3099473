-- payments: the simulated payments, with their time as a timestamp.
--
-- Grain:   one row per payment_id, which counts in order of time
-- Reads:   payments_simulated
-- Units:   *_cents are minor units of the currency; *_ms are UTC epoch milliseconds
CREATE TEMPORARY VIEW payments AS
SELECT
    payment_id,
    card_id,
    terminal_id,
    amount_cents,
    event_ms,
    MAKE_TIMESTAMP(event_ms * 1000) AS event_time,
    is_fraud
FROM payments_simulated
