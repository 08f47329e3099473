-- scored_payments: store every payment with its score, features and decision.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   payments_decided
INSERT INTO scored_payments
SELECT * FROM payments_decided
