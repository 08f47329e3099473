-- labels_of_open_cases: labels of others than the desk that cases do not show yet.
--
-- Grain:   one row per payment of a case that is not closed: its newest label, of equally new ones
--          that of fraud
-- Reads:   case_alerts, cases, labels, label_outbox
-- Units:   labelled_at in UTC
SELECT
    a.transaction_id,
    a.card_id,
    a.case_number,
    l.is_fraud,
    l.reason,
    l.source,
    l.labelled_at
FROM cases AS c
INNER JOIN case_alerts AS a ON c.case_number = a.case_number
INNER JOIN LATERAL (
    SELECT
        known.is_fraud,
        known.reason,
        known.source,
        known.labelled_at
    FROM labels AS known
    WHERE
        known.transaction_id = a.transaction_id
        AND NOT EXISTS (
            SELECT 1
            FROM label_outbox AS own
            WHERE
                own.case_number IS NOT NULL
                AND own.transaction_id = known.transaction_id
                AND own.source = known.source
                AND own.labelled_ms = EXTRACT(EPOCH FROM known.labelled_at) * 1000
        )
    ORDER BY known.labelled_at DESC, known.is_fraud DESC
    LIMIT 1
) AS l ON TRUE
WHERE
    c.status <> 'closed'
    AND (a.labelled_at IS NULL OR l.labelled_at > a.labelled_at)
ORDER BY a.case_number, a.transaction_id
