-- payments_on_disk: the simulated payments as messages of the stream: a terminal is a merchant.
--
-- Grain:   one row per transaction_id
-- Reads:   payments_simulated
-- Units:   amount_cents is in minor units of the currency; event_ms is UTC epoch milliseconds
-- Source:  input of sql/training/world_payments.sql; the book's places are points of a square, not
--          degrees, and its payments have no device
CREATE TEMPORARY VIEW payments_on_disk AS
SELECT
    CAST(payment_id AS TEXT) AS transaction_id,
    CAST(card_id AS TEXT) AS card_id,
    CAST(card_id AS TEXT) AS customer_id,
    CAST(terminal_id AS TEXT) AS merchant_id,
    amount_cents,
    'EUR' AS currency,
    'pos' AS channel,
    CAST(NULL AS DOUBLE) AS latitude,
    CAST(NULL AS DOUBLE) AS longitude,
    CAST(NULL AS TEXT) AS device_id,
    CAST(NULL AS TEXT) AS card_last4,
    event_ms,
    payment_id AS file_row_number
FROM payments_simulated
