-- alerts_topic: announce the payments to review or block.
--
-- Grain:   one message per transaction_id and card_id
-- Reads:   payments_decided
-- Source:  UPPER keeps the condition whole: Flink would look into a plain comparison, find the part
--          that a rule's action decides, and ask the models and rules for that once more
INSERT INTO alerts_topic
SELECT * FROM payments_decided
WHERE UPPER(decision) <> 'APPROVE'
