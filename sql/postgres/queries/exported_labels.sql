-- exported_labels: labels of the payments of a span of time.
--
-- Grain:   one row per label, even if several payments have its transaction_id
-- Reads:   labels, scored_payments
-- Units:   *_ms are UTC epoch milliseconds
-- Source:  docs/backtest.md, "What the stream has stored"
SELECT
    labels.transaction_id,
    labels.is_fraud,
    labels.reason,
    labels.scenario,
    (EXTRACT(EPOCH FROM labels.event_time) * 1000)::bigint AS event_ms,
    (EXTRACT(EPOCH FROM labels.labelled_at) * 1000)::bigint AS labelled_ms,
    labels.source
FROM labels
WHERE
    EXISTS (
        SELECT 1
        FROM scored_payments AS payments
        WHERE
            labels.transaction_id = payments.transaction_id
            AND (payments.event_time >= %(begin)s AND payments.event_time < %(end)s)
    )
