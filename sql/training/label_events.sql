-- label_events: every label of the world's payments, whenever it arrived.
--
-- Grain:   one row per label event
-- Reads:   labels_on_disk, payments_with_history
-- Units:   *_ms are UTC epoch milliseconds; amount_to_card_usual is a ratio
-- Order:   merchant_risk_snapshots uses each label from its time on, never earlier
-- Source:  stands for sql/merchant_risk/label_events.sql
CREATE TEMPORARY VIEW label_events AS
SELECT
    payments.merchant_id,
    labels.transaction_id,
    payments.card_id,
    payments.event_ms,
    labels.is_fraud,
    labels.labelled_ms,
    (payments.amount_cents + 1) / payments.card_usual_cents_30d AS amount_to_card_usual
FROM labels_on_disk AS labels
INNER JOIN payments_with_history AS payments ON labels.transaction_id = payments.transaction_id
