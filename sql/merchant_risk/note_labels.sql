-- note_labels: give each label that is new, or that waited for its payment, the payment's merchant.
--
-- Grain:   one row per label event and payment: a label applies to every payment with its
--          transaction_id, possibly on several cards
-- Reads:   labels, scored_payments, merchant_labels
-- Units:   *_ms are UTC epoch milliseconds; amount_to_card_usual is a ratio
-- Order:   each refresh looks again for the payments of labels that have none yet
-- Source:  docs/labels.md
INSERT INTO merchant_labels (
    transaction_id, card_id, labelled_ms, source, merchant_id, event_ms, is_fraud,
    amount_to_card_usual
)
SELECT
    labels.transaction_id,
    payments.card_id,
    (EXTRACT(EPOCH FROM labels.labelled_at) * 1000)::bigint AS labelled_ms,
    labels.source,
    payments.merchant_id,
    payments.event_ms,
    labels.is_fraud,
    payments.amount_to_card_usual_30d AS amount_to_card_usual
FROM labels
INNER JOIN scored_payments AS payments ON labels.transaction_id = payments.transaction_id
LEFT JOIN merchant_labels AS noted
    ON
        payments.transaction_id = noted.transaction_id
        AND payments.card_id = noted.card_id
        AND (EXTRACT(EPOCH FROM labels.labelled_at) * 1000)::bigint = noted.labelled_ms
        AND labels.source = noted.source
        AND labels.is_fraud = noted.is_fraud
WHERE noted.transaction_id IS NULL
ON CONFLICT (transaction_id, card_id, labelled_ms, source)
DO UPDATE SET is_fraud = excluded.is_fraud
