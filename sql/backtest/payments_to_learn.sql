-- payments_to_learn: the payments that a model of some moment may learn from.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   features_on_disk, known_labels, label_cutoff
-- Window:  from_ms up to but not including to_ms, with the labels known by known_at_ms
-- Units:   label is 1 for fraud and 0 for a payment that nobody had called fraud by then
-- Source:  labels from the future are the classic leak: Dal Pozzolo et al. 2015,
--          doi:10.1109/IJCNN.2015.7280527
CREATE TEMPORARY VIEW payments_to_learn AS
SELECT
    payments.* EXCLUDE (label),
    CASE WHEN labels.is_fraud THEN 1 ELSE 0 END AS label
FROM features_on_disk AS payments
INNER JOIN label_cutoff AS cutoff
    ON
        payments.event_ms >= cutoff.from_ms
        AND payments.event_ms < cutoff.to_ms
LEFT JOIN known_labels AS labels
    ON payments.transaction_id = labels.transaction_id
