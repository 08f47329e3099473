-- cases_of_card: every case of a card, the newest first.
--
-- Grain:   one row per case
-- Reads:   cases, case_alerts
SELECT
    c.case_number,
    c.status,
    c.opened_at,
    c.verdict,
    c.verdict_reason,
    c.closed_by,
    c.closed_at,
    (
        SELECT COUNT(*)
        FROM case_alerts AS a
        WHERE a.case_number = c.case_number
    ) AS payment_count
FROM cases AS c
WHERE c.card_id = %(card_id)s
ORDER BY c.case_number DESC
LIMIT %(most)s
