-- labeled_cases: cases that nobody works on and whose payments all have labels from elsewhere.
--
-- Grain:   one row per case; fraud if one of its payments is; the source of the newest label
-- Reads:   cases, case_alerts, case_events
-- Source:  a case that was opened again is left to people
SELECT
    c.case_number,
    CASE WHEN BOOL_OR(a.label_is_fraud) THEN 'fraud' ELSE 'genuine' END AS verdict,
    (ARRAY_AGG(a.label_source ORDER BY a.labelled_at DESC))[1] AS source
FROM cases AS c
INNER JOIN case_alerts AS a ON c.case_number = a.case_number
WHERE
    c.status <> 'closed'
    AND (c.taken_until IS NULL OR c.taken_until <= CLOCK_TIMESTAMP())
    AND NOT EXISTS (
        SELECT 1
        FROM case_events AS e
        WHERE e.case_number = c.case_number AND e.kind = 'reopened'
    )
GROUP BY c.case_number
HAVING BOOL_AND(a.label_is_fraud IS NOT NULL)
