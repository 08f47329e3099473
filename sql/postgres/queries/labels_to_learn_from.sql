-- labels_to_learn_from: labels of the payments in a window, and labels of unknown payments.
--
-- Grain:   one row per label, even if several payments have its transaction_id
-- Reads:   labels, scored_payments
-- Units:   labelled_ms is UTC epoch milliseconds
-- Source:  docs/model_bundle.md, "Which payments"; the parameters are UTC epoch milliseconds
SELECT
    labels.transaction_id,
    labels.is_fraud,
    labels.scenario,
    (EXTRACT(EPOCH FROM labels.labelled_at) * 1000)::bigint AS labelled_ms,
    labels.source
FROM labels
WHERE
    EXISTS (
        SELECT 1
        FROM scored_payments AS payments
        WHERE
            labels.transaction_id = payments.transaction_id
            AND (payments.event_ms >= %(from_ms)s AND payments.event_ms < %(to_ms)s)
    )
    OR NOT EXISTS (
        SELECT 1
        FROM scored_payments AS payments
        WHERE labels.transaction_id = payments.transaction_id
    )
