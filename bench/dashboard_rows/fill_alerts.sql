-- fill_alerts: the alerts that belong to the scored payments.
--
-- Grain:   one row per payment to review or to block
-- Reads:   scored_payments
-- Units:   as alerts
-- Source:  the stream writes the same row to both
INSERT INTO alerts
SELECT p.* FROM scored_payments AS p WHERE p.decision <> 'approve'
