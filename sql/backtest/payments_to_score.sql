-- payments_to_score: each payment with all that the model knows of it, and what became of it.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   payment_features, known_labels
-- Units:   label is 1 for fraud and 0 for a payment that nobody called fraud
-- Source:  a label applies to every payment with its transaction_id, on whatever card
CREATE TEMPORARY VIEW payments_to_score AS
SELECT
    payments.*,
    labels.scenario,
    CASE WHEN labels.is_fraud THEN 1 ELSE 0 END AS label
FROM payment_features AS payments
LEFT JOIN known_labels AS labels
    ON payments.transaction_id = labels.transaction_id
