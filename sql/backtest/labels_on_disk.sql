-- labels_on_disk: every label of the history with the time at which it became known.
--
-- Grain:   one row per label event
-- Reads:   labels_in_file, world_payments, declared_delay
-- Units:   *_ms are UTC epoch milliseconds; event_ms is the payment's, NULL if it is not there
-- Order:   a label without a time of its own became known delay_ms after its payment
-- Source:  docs/backtest.md, "Labels". Several cards may use the same transaction_id; then the
--          first of the payments counts
CREATE TEMPORARY TABLE labels_on_disk AS
WITH labelled AS (
    SELECT
        transaction_id,
        MIN(event_ms) AS event_ms
    FROM world_payments
    WHERE transaction_id IN (SELECT labels_in_file.transaction_id FROM labels_in_file)
    GROUP BY transaction_id
)

SELECT
    labels.transaction_id,
    labels.is_fraud,
    labels.scenario,
    labels.source,
    labelled.event_ms,
    COALESCE(labels.labelled_ms, labelled.event_ms + declared_delay.delay_ms, 0) AS labelled_ms
FROM labels_in_file AS labels
CROSS JOIN declared_delay
LEFT JOIN labelled ON labels.transaction_id = labelled.transaction_id
