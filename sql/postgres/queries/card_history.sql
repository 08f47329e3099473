-- card_history: the last payments of a card, with what is known of them.
--
-- Grain:   one row per payment, the newest first
-- Reads:   scored_payments, merchants, labels, case_alerts, cases
-- Window:  up to `until`, of the `days` before it
-- Units:   amount_cents in minor units of the currency; times in UTC
-- Source:  the decision on payments of cases that are not closed is left out: docs/desk.md
WITH wanted AS (
    SELECT %(card_id)s AS card_id, %(until)s::timestamp AS until, %(days)s AS days, %(most)s AS most
),

paid AS (
    SELECT *
    FROM scored_payments
    WHERE
        card_id = (SELECT w.card_id FROM wanted AS w)
        AND event_time <= (SELECT w.until FROM wanted AS w)
        AND event_time > (SELECT w.until - w.days * INTERVAL '1 day' FROM wanted AS w)
    ORDER BY event_time DESC
    LIMIT (SELECT w.most FROM wanted AS w)
)

SELECT
    p.transaction_id,
    p.card_id,
    p.event_time,
    p.amount_cents,
    p.currency,
    p.channel,
    p.card_last4,
    p.customer_id,
    p.device_id,
    p.usual_device_id,
    p.merchant_id,
    COALESCE(m.name, p.merchant_id) AS merchant,
    p.merchant_category,
    COALESCE(m.city, '') AS merchant_city,
    p.merchant_country,
    p.km_from_previous,
    l.is_fraud,
    a.case_number,
    CASE WHEN c.status IS NULL OR c.status = 'closed' THEN p.decision END AS decision
FROM paid AS p
LEFT JOIN merchants AS m ON p.merchant_id = m.merchant_id
LEFT JOIN case_alerts AS a ON p.transaction_id = a.transaction_id AND p.card_id = a.card_id
LEFT JOIN cases AS c ON a.case_number = c.case_number
LEFT JOIN LATERAL (
    SELECT known.is_fraud
    FROM labels AS known
    WHERE known.transaction_id = p.transaction_id
    ORDER BY known.labelled_at DESC, known.is_fraud DESC
    LIMIT 1
) AS l ON TRUE
ORDER BY p.event_time DESC, p.transaction_id ASC
