-- labels_on_disk: what becomes known of the simulated payments, seven days after each.
--
-- Grain:   one row per fraud: nobody says that a payment was genuine
-- Reads:   payments_simulated
-- Units:   labelled_ms is UTC epoch milliseconds
-- Order:   a label does not exist before labelled_ms
-- Source:  input of sql/training/label_events.sql; the delay is the book's: Fraud Detection
--          Handbook, "Baseline feature transformation"
CREATE TEMPORARY VIEW labels_on_disk AS
SELECT
    CAST(payment_id AS TEXT) AS transaction_id,
    TRUE AS is_fraud,
    event_ms + 604800000 AS labelled_ms
FROM payments_simulated
WHERE is_fraud = 1
