-- alerts: store the payments to review or block.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   payments_decided
-- Source:  UPPER keeps the condition whole: Flink would look into a plain comparison, find the part
--          that a rule's action decides, and ask the models and rules for that once more
INSERT INTO alerts
SELECT * FROM payments_decided
WHERE UPPER(decision) <> 'APPROVE'
