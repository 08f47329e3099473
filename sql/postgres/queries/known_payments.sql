-- known_payments: which of the given payments are stored with a score or a decision.
--
-- Grain:   one row per payment found
-- Reads:   scored_payments
-- Source:  a fraud whose message was rejected could not be detected
SELECT transaction_id
FROM scored_payments
WHERE transaction_id = ANY (%s)
