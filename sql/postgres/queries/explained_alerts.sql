-- explained_alerts: the alerts with a transaction_id and why they are alerts.
--
-- Grain:   one row per alert; `told` has an object per reason, in order
-- Reads:   alerts, merchants, alert_reasons
-- Units:   amount_cents in minor units of the card currency; contribution to the log odds before
--          calibration, NULL of a rule; event_time in UTC
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
    a.model_version,
    a.merchant_category,
    a.merchant_country,
    m.name AS merchant_name,
    m.city AS merchant_city,
    COALESCE(reasons.told, '[]') AS told
FROM alerts AS a
LEFT JOIN merchants AS m ON a.merchant_id = m.merchant_id
LEFT JOIN LATERAL (
    SELECT
        JSONB_AGG(
            JSONB_BUILD_OBJECT(
                'rank', r.rank, 'kind', r.kind, 'code', r.code, 'text', r.text,
                'contribution', r.contribution
            ) ORDER BY r.rank
        ) AS told
    FROM alert_reasons AS r
    WHERE r.transaction_id = a.transaction_id AND r.card_id = a.card_id
) AS reasons ON TRUE
WHERE a.transaction_id = %(transaction_id)s
ORDER BY a.card_id
