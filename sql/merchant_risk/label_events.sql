-- label_events: the labels of payments that may still matter.
--
-- Grain:   one row per label event and payment
-- Reads:   merchant_labels
-- Window:  payments of the 90 days before from_ms, rounded up to the hour
-- Units:   *_ms are UTC epoch milliseconds; amount_to_card_usual is a ratio
-- Order:   labels after to_ms are included; merchant_risk_snapshots ignores them
-- Source:  input of merchant_risk_snapshots in Postgres
SELECT
    merchant_id,
    transaction_id,
    card_id,
    event_ms,
    is_fraud,
    labelled_ms,
    amount_to_card_usual
FROM merchant_labels
WHERE event_ms BETWEEN %(from_ms)s - 7779600000 AND %(to_ms)s
