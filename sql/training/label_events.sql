-- label_events: every label of the world's payments, whenever it arrived.
--
-- Grain:   one row per label event
-- Reads:   labels_on_disk, world_payments
-- Units:   *_ms are UTC epoch milliseconds
-- Order:   merchant_risk_snapshots uses each label from its time on, never earlier
-- Source:  stands for sql/merchant_risk/label_events.sql
CREATE TEMPORARY VIEW label_events AS
SELECT
    payments.merchant_id,
    labels.transaction_id,
    payments.card_id,
    payments.event_ms,
    labels.is_fraud,
    labels.labelled_ms
FROM labels_on_disk AS labels
INNER JOIN world_payments AS payments ON labels.transaction_id = payments.transaction_id
