-- case_queue: cases as a list, with what a person needs to choose one.
--
-- Grain:   one row per case
-- Reads:   cases, case_alerts, scored_payments, merchants, alert_reasons
-- Window:  `which` is open (to be taken), mine, waiting or closed (within the last day)
-- Units:   amount_cents in minor units of the currency of the case's first payment; times in UTC
-- Source:  the most money at risk first; closed ones by when they were closed. Nothing here says
--          whether a case is of the control sample
WITH chosen AS (
    SELECT
        c.*,
        c.taken_until > CLOCK_TIMESTAMP() AS is_taken
    FROM cases AS c
    WHERE
        CASE %(which)s
            WHEN 'mine'
                THEN
                    c.status <> 'closed'
                    AND c.taken_by = %(login)s
                    AND c.taken_until > CLOCK_TIMESTAMP()
            WHEN 'waiting' THEN c.status = 'waiting' AND c.waits_until > CLOCK_TIMESTAMP()
            WHEN 'closed'
                THEN c.status = 'closed' AND c.closed_at > NOW() - INTERVAL '1 day'
            ELSE
                c.status <> 'closed'
                AND (c.waits_until IS NULL OR c.waits_until <= CLOCK_TIMESTAMP())
        END
        -- Said again, so that indexes find the few that may be shown: NOW() can be looked up in
        -- one, CLOCK_TIMESTAMP() cannot.
        AND (c.status <> 'closed' OR c.closed_at > NOW() - INTERVAL '1 day')
    ORDER BY c.closed_at DESC NULLS LAST, c.risk_cents DESC, c.case_number ASC
    LIMIT %(most)s
)

SELECT
    c.case_number,
    c.card_id,
    c.status,
    c.newest_event_time,
    c.opened_at,
    c.is_taken,
    c.taken_by,
    c.taken_until,
    c.waits_until,
    c.verdict,
    c.verdict_reason,
    c.closed_by,
    c.closed_at,
    c.version,
    paid.payment_count,
    paid.amount_cents,
    first.currency,
    first.card_last4,
    first.merchant_country,
    first.merchant_category,
    first.channel,
    COALESCE(m.name, first.merchant_id) AS merchant,
    why.text AS reason
FROM chosen AS c
INNER JOIN LATERAL (
    SELECT
        COUNT(*) AS payment_count,
        SUM(p.amount_cents) AS amount_cents,
        (ARRAY_AGG(p.transaction_id ORDER BY p.amount_cents DESC))[1] AS transaction_id
    FROM case_alerts AS a
    INNER JOIN scored_payments AS p
        ON a.transaction_id = p.transaction_id AND a.card_id = p.card_id
    WHERE a.case_number = c.case_number
) AS paid ON TRUE
LEFT JOIN scored_payments AS first
    ON paid.transaction_id = first.transaction_id AND c.card_id = first.card_id
LEFT JOIN merchants AS m ON first.merchant_id = m.merchant_id
LEFT JOIN LATERAL (
    SELECT r.text
    FROM alert_reasons AS r
    WHERE
        r.transaction_id = paid.transaction_id
        AND r.card_id = c.card_id
        AND r.kind IN ('rule', 'for')
    ORDER BY r.rank
    LIMIT 1
) AS why ON TRUE
ORDER BY c.closed_at DESC NULLS LAST, c.risk_cents DESC, c.case_number ASC
