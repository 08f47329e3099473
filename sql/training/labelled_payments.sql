-- labelled_payments: the payments to learn from, and whether each was fraud.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   payment_keys, known_labels, label_cutoff, customers_on_disk
-- Window:  from_ms up to but not including to_ms: the first days only give history, and the labels
--          of the last ones may not have arrived
-- Units:   label is 1 for fraud and 0 for a payment nobody complained about; labelled_ms is UTC
--          epoch milliseconds, NULL without a label
-- Source:  docs/model_bundle.md, "Which payments". A label applies to every payment with its
--          transaction_id, on whatever card. The segment is not a feature: it shows whether some
--          customers are refused more often than others. The gate asks who said it, label_source
CREATE TEMPORARY VIEW labelled_payments AS
SELECT
    payments.transaction_id,
    payments.card_id,
    customers.segment,
    labels.scenario,
    labels.labelled_ms,
    labels.source AS label_source,
    CASE WHEN labels.is_fraud THEN 1 ELSE 0 END AS label
FROM payment_keys AS payments
INNER JOIN label_cutoff AS cutoff
    ON
        payments.event_ms >= cutoff.from_ms
        AND payments.event_ms < cutoff.to_ms
LEFT JOIN known_labels AS labels
    ON payments.transaction_id = labels.transaction_id
LEFT JOIN customers_on_disk AS customers
    ON payments.customer_id = customers.customer_id
