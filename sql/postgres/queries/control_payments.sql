-- control_payments: approved payments that a hash of their id has chosen, each with a drawn risk.
--
-- Grain:   one row per payment, with all its columns; drawn_risk_cents is NULL without other cases
-- Reads:   scored_payments, case_alerts, labels, cases
-- Window:  stored from `since` to before `until`
-- Units:   drawn_risk_cents is the risk of an open case, chosen by the same hash
-- Source:  docs/desk.md, "The control sample"
WITH wanted AS (
    SELECT %(since)s AS since, %(until)s AS until, %(one_in)s::bigint AS one_in
),

drawn AS (
    SELECT
        risk_cents,
        ROW_NUMBER() OVER (ORDER BY case_number DESC) - 1 AS place,
        COUNT(*) OVER () AS case_count
    FROM cases
    WHERE status <> 'closed' AND origin = 'alert'
),

chosen AS (
    SELECT
        p.*,
        HASHTEXTEXTENDED(p.transaction_id, 1) AS lot
    FROM scored_payments AS p
    WHERE
        p.stored_at >= (SELECT w.since FROM wanted AS w)
        AND p.stored_at < (SELECT w.until FROM wanted AS w)
        AND p.decision = 'approve'
        AND MOD(HASHTEXTEXTENDED(p.transaction_id, 0), (SELECT w.one_in FROM wanted AS w)) = 0
)

SELECT
    c.*,
    d.risk_cents AS drawn_risk_cents
FROM chosen AS c
LEFT JOIN drawn AS d ON MOD(MOD(c.lot, d.case_count) + d.case_count, d.case_count) = d.place
WHERE
    NOT EXISTS (
        SELECT 1
        FROM case_alerts AS known
        WHERE known.transaction_id = c.transaction_id AND known.card_id = c.card_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM labels AS l
        WHERE l.transaction_id = c.transaction_id
    )
ORDER BY c.event_time, c.transaction_id
