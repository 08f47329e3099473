-- case_payments: the payments of a case, with what speaks for fraud and against it.
--
-- Grain:   one row per payment; `told` has an object per reason, in order
-- Reads:   cases, case_alerts, scored_payments, merchants, alert_reasons, label_outbox
-- Units:   amount_cents in minor units of the currency; times in UTC
-- Source:  what the stream decided is shown when the case is closed: nobody is led by it, and the
--          control sample stays unknown
SELECT
    p.transaction_id,
    p.card_id,
    p.event_time,
    p.amount_cents,
    p.currency,
    p.channel,
    p.card_last4,
    p.customer_id,
    p.merchant_id,
    p.device_id,
    p.latitude,
    p.longitude,
    p.utc_offset_minutes,
    COALESCE(m.name, p.merchant_id) AS merchant,
    p.merchant_category,
    COALESCE(m.city, '') AS merchant_city,
    p.merchant_country,
    p.home_country,
    a.label_is_fraud,
    a.label_source,
    a.labelled_at,
    CASE WHEN c.status = 'closed' THEN p.decision END AS decision,
    CASE WHEN c.status = 'closed' THEN p.score END AS score,
    CASE WHEN c.status = 'closed' THEN p.model_version END AS model_version,
    own.is_fraud AS own_is_fraud,
    own.sent_at AS own_sent_at,
    COALESCE(reasons.told, '[]') AS told
FROM case_alerts AS a
INNER JOIN cases AS c ON a.case_number = c.case_number
INNER JOIN scored_payments AS p
    ON a.transaction_id = p.transaction_id AND a.card_id = p.card_id
LEFT JOIN merchants AS m ON p.merchant_id = m.merchant_id
LEFT JOIN LATERAL (
    SELECT
        o.is_fraud,
        o.sent_at
    FROM label_outbox AS o
    WHERE o.case_number = a.case_number AND o.transaction_id = a.transaction_id
    ORDER BY o.labelled_ms DESC
    LIMIT 1
) AS own ON TRUE
LEFT JOIN LATERAL (
    SELECT
        JSONB_AGG(
            JSONB_BUILD_OBJECT('kind', r.kind, 'code', r.code, 'text', r.text) ORDER BY r.rank
        ) AS told
    FROM alert_reasons AS r
    WHERE
        r.transaction_id = a.transaction_id
        AND r.card_id = a.card_id
        AND r.kind IN ('rule', 'for', 'against')
) AS reasons ON TRUE
WHERE a.case_number = %(case_number)s
ORDER BY p.event_time DESC, p.transaction_id ASC
