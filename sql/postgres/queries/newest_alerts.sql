-- newest_alerts: alerts for a person, with what speaks for fraud.
--
-- Grain:   one row per alert; the newest first, or the one with the most money at risk
-- Reads:   alerts, merchants
-- Window:  payments of the last day
-- Units:   amount_cents and risk_cents, which is score times amount, in minor units of the card
--          currency; event_time in UTC
WITH wanted AS (
    SELECT %(by_risk)s::boolean AS by_risk
)

SELECT
    a.transaction_id,
    a.card_id,
    a.event_time,
    a.decision,
    a.score,
    a.amount_cents,
    a.currency,
    a.channel,
    a.card_last4,
    a.merchant_id,
    m.name AS merchant,
    a.merchant_category,
    a.merchant_country,
    a.model_version,
    ROUND(COALESCE(a.score, 1) * a.amount_cents) AS risk_cents,
    dashboards.alert_reasons(a.transaction_id, a.card_id) AS reasons
FROM alerts AS a
CROSS JOIN wanted AS w
LEFT JOIN merchants AS m ON a.merchant_id = m.merchant_id
WHERE a.event_time >= NOW() AT TIME ZONE 'UTC' - INTERVAL '1 day'
ORDER BY
    CASE WHEN w.by_risk THEN COALESCE(a.score, 1) * a.amount_cents END DESC,
    a.event_time DESC,
    a.transaction_id ASC
LIMIT %(most)s
