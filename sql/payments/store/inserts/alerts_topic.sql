-- alerts_topic: announce the payments to review or block.
--
-- Grain:   one message per transaction_id and card_id
-- Reads:   payments_decided
INSERT INTO alerts_topic
SELECT * FROM payments_decided
WHERE decision <> 'approve'
