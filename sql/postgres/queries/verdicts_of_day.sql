-- verdicts_of_day: what people decided on a day, and what has turned out since.
--
-- Grain:   one row per closed case, the newest first
-- Reads:   cases, case_events, case_alerts, scored_payments, labels
-- Window:  closed from `day` to a day later, UTC; of one analyst, or of all if `login` is NULL
-- Units:   seconds from taking the case to the verdict; amount_cents in minor units
-- Source:  others_say is the newest label that does not come from an analyst of the desk. A case
--          that labels have closed has no reason
WITH wanted AS (
    SELECT %(day)s::date AS begins_at, %(login)s::text AS login
)

SELECT
    c.case_number,
    c.closed_by,
    c.closed_at,
    c.origin,
    c.verdict,
    c.verdict_reason,
    paid.card_last4,
    paid.payment_count,
    paid.amount_cents,
    paid.currency,
    paid.decision,
    paid.others_say,
    EXTRACT(EPOCH FROM c.closed_at - taken.happened_at) AS seconds
FROM cases AS c
LEFT JOIN LATERAL (
    SELECT MAX(e.happened_at) AS happened_at
    FROM case_events AS e
    WHERE e.case_number = c.case_number AND e.kind = 'claimed' AND e.actor = c.closed_by
) AS taken ON TRUE
INNER JOIN LATERAL (
    SELECT
        COUNT(*) AS payment_count,
        SUM(p.amount_cents) AS amount_cents,
        MAX(p.currency) AS currency,
        MAX(p.card_last4) AS card_last4,
        MAX(p.decision) AS decision,
        BOOL_OR(l.is_fraud) AS others_say
    FROM case_alerts AS a
    INNER JOIN scored_payments AS p
        ON a.transaction_id = p.transaction_id AND a.card_id = p.card_id
    LEFT JOIN LATERAL (
        SELECT known.is_fraud
        FROM labels AS known
        WHERE
            known.transaction_id = a.transaction_id
            AND LEFT(known.source, 8) <> 'analyst.'
        ORDER BY known.labelled_at DESC, known.is_fraud DESC
        LIMIT 1
    ) AS l ON TRUE
    WHERE a.case_number = c.case_number
) AS paid ON TRUE
WHERE
    c.status = 'closed'
    AND c.closed_at >= (SELECT w.begins_at FROM wanted AS w)
    AND c.closed_at < (SELECT w.begins_at + 1 FROM wanted AS w)
    AND c.closed_by = COALESCE((SELECT w.login FROM wanted AS w), c.closed_by)
    AND c.verdict_reason IS NOT NULL
ORDER BY c.closed_at DESC, c.case_number DESC
LIMIT %(most)s
