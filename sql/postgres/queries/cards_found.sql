-- cards_found: cards that a search has found among the alerts and by their id.
--
-- Grain:   one row per card, the one with the newest alert first
-- Reads:   alerts, cases, scored_payments
-- Units:   times in UTC
-- Source:  the last four digits are found of cards that ever had an alert
WITH wanted AS (
    SELECT %(text)s::text AS text
),

matching AS (
    SELECT a.card_id
    FROM alerts AS a
    INNER JOIN wanted AS w ON a.card_last4 = w.text
    UNION
    SELECT a.card_id
    FROM alerts AS a
    INNER JOIN wanted AS w ON a.merchant_id = w.text
    UNION
    SELECT a.card_id
    FROM alerts AS a
    INNER JOIN wanted AS w ON a.customer_id = w.text
    UNION
    SELECT p.card_id
    FROM scored_payments AS p
    INNER JOIN wanted AS w ON p.card_id = w.text
)

SELECT
    found.card_id,
    newest.card_last4,
    newest.customer_id,
    newest.home_country,
    newest.event_time AS newest_alert_at,
    alerted.alert_count,
    (
        SELECT MAX(c.case_number)
        FROM cases AS c
        WHERE c.card_id = found.card_id
    ) AS case_number
FROM matching AS found
LEFT JOIN LATERAL (
    SELECT
        a.card_last4,
        a.customer_id,
        a.home_country,
        a.event_time
    FROM alerts AS a
    WHERE a.card_id = found.card_id
    ORDER BY a.event_time DESC
    LIMIT 1
) AS newest ON TRUE
LEFT JOIN LATERAL (
    SELECT COUNT(*) AS alert_count
    FROM alerts AS a
    WHERE a.card_id = found.card_id
) AS alerted ON TRUE
ORDER BY newest.event_time DESC NULLS LAST, found.card_id ASC
LIMIT %(most)s
