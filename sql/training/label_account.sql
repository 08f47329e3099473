-- label_account: counts of what is odd about the labels, so that a wrong file is noticed.
--
-- Grain:   one row
-- Reads:   labels_on_disk, label_cutoff, payment_keys
-- Window:  labels known by known_at_ms
-- Units:   counts: events are labels; the others are payments with at least one such label
-- Order:   labels that arrive after known_at_ms are not counted
-- Source:  docs/model_bundle.md, "Labels that are odd"
CREATE TEMPORARY VIEW label_account AS
WITH labelled AS (
    SELECT
        transaction_id,
        COUNT(*) AS event_count,
        MIN(labelled_ms) AS first_labelled_ms,
        BOOL_OR(is_fraud) AND NOT BOOL_AND(is_fraud) AS is_contradicted
    FROM labels_on_disk
    WHERE labelled_ms <= (SELECT label_cutoff.known_at_ms FROM label_cutoff)
    GROUP BY transaction_id
),

-- Several cards may use the same transaction_id.
numbers AS (
    SELECT
        transaction_id,
        MAX(event_ms) AS event_ms
    FROM payment_keys
    GROUP BY transaction_id
)

SELECT
    COALESCE(SUM(labelled.event_count), 0) AS events,
    COUNT(*) FILTER (WHERE labelled.is_contradicted) AS contradicted,
    COUNT(*) FILTER (WHERE numbers.transaction_id IS NULL) AS of_unknown_payments,
    COUNT(*) FILTER (WHERE labelled.first_labelled_ms < numbers.event_ms) AS before_the_payment
FROM labelled
LEFT JOIN numbers
    ON labelled.transaction_id = numbers.transaction_id
