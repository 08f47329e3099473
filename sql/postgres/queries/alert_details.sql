-- alert_details: the alerts of a run with what a person needs to understand them.
--
-- Grain:   one row per alert
-- Reads:   first_offsets, alerts, merchants
-- Units:   amount_cents in minor units of the card currency; event_time in UTC
-- Source:  the highest score first
SELECT
    a.transaction_id,
    a.event_time,
    a.decision,
    a.score,
    a.amount_cents,
    a.currency,
    a.channel,
    a.card_last4,
    m.name AS merchant_name,
    a.merchant_category,
    m.city AS merchant_city,
    a.merchant_country,
    dashboards.alert_reasons(a.transaction_id, a.card_id) AS reasons
FROM first_offsets AS f
INNER JOIN alerts AS a
    ON f.kafka_partition = a.kafka_partition AND f.first_offset <= a.kafka_offset
LEFT JOIN merchants AS m ON a.merchant_id = m.merchant_id
WHERE a.event_time >= %(since)s AT TIME ZONE 'UTC'
ORDER BY a.score DESC NULLS LAST, a.event_time
