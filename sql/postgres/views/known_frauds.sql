-- known_frauds: payments that turned out to be fraud, as far as is known by now.
--
-- Grain:   one row per payment (transaction_id, card_id); a label counts on every card
-- Reads:   current_labels, scored_payments
-- Units:   as in scored_payments
-- Source:  every fraud is labeled in the end, most of them days later
CREATE VIEW dashboards.known_frauds AS
SELECT
    p.transaction_id,
    p.event_time,
    p.card_id,
    p.merchant_id,
    p.amount_cents,
    p.currency,
    p.score,
    p.model_version,
    p.challenger_score,
    p.challenger_version,
    p.decision,
    l.reason,
    l.labelled_at
FROM current_labels AS l
INNER JOIN scored_payments AS p ON l.transaction_id = p.transaction_id
WHERE l.is_fraud
