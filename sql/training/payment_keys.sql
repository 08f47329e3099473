-- payment_keys: every payment, and whose it is.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   world_payments
-- Units:   event_ms is UTC epoch milliseconds
-- Source:  labels are matched with it; for stored payments, training/data/stored_payments.py makes
--          it instead
CREATE TEMPORARY VIEW payment_keys AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    event_ms
FROM world_payments
