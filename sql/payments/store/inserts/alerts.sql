-- alerts: store the payments to review or block.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   payments_decided
INSERT INTO alerts
SELECT * FROM payments_decided
WHERE decision <> 'approve'
