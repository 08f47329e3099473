-- payment_keys: every payment that there is, and whose it is.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   world_payments
-- Units:   event_ms is UTC epoch milliseconds
-- Source:  what labels are matched with; of stored payments
--          training/data/stored_payments.py makes it
CREATE TEMPORARY VIEW payment_keys AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    event_ms
FROM world_payments
