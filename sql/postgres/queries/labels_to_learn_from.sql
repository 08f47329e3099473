-- labels_to_learn_from: labels of the payments in a window, and labels of payments nobody has seen.
--
-- Grain:   one row per label
-- Reads:   labels, scored_payments
-- Units:   labelled_ms is UTC epoch milliseconds
-- Source:  docs/model_bundle.md, "Which payments"; the parameters are UTC epoch milliseconds
SELECT
    labels.transaction_id,
    labels.is_fraud,
    labels.scenario,
    (EXTRACT(EPOCH FROM labels.labelled_at) * 1000)::bigint AS labelled_ms
FROM labels
LEFT JOIN scored_payments AS payments ON labels.transaction_id = payments.transaction_id
WHERE
    payments.transaction_id IS NULL
    OR (payments.event_ms >= %(from_ms)s AND payments.event_ms < %(to_ms)s)
