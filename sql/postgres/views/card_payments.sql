-- card_payments: the payments of a card with their decisions and labels.
--
-- Grain:   one row per payment (transaction_id, card_id)
-- Reads:   scored_payments, merchants, labels
-- Units:   amount in the currency, not in cents; score_pct from 0 to 100; event_time in UTC;
--          seconds_behind the newest payment of the card, NULL where it was not recorded
-- Source:  ask for one card_id at a time: there is an index for that
CREATE VIEW dashboards.card_payments AS
SELECT
    p.transaction_id,
    p.card_id,
    p.event_time,
    p.decision,
    CASE
        WHEN l.is_fraud THEN 'fraud'
        WHEN NOT l.is_fraud THEN 'genuine'
        ELSE 'open'
    END AS verdict,
    ROUND(p.score::numeric * 100, 1)::double precision AS score_pct,
    p.amount_cents / 100.0::double precision AS amount,
    p.currency,
    p.channel,
    COALESCE(m.name, 'unknown') AS merchant,
    COALESCE(p.merchant_category, 'unknown') AS merchant_category,
    COALESCE(p.merchant_country, 'unknown') AS merchant_country,
    m.city AS merchant_city,
    ROUND(p.km_from_previous::numeric, 1)::double precision AS km_from_previous,
    ROUND(p.seconds_since_previous::numeric / 60, 1)::double precision AS minutes_since_previous,
    ROUND(p.came_behind_ms / 1000.0, 1)::double precision AS seconds_behind,
    p.model_version
FROM scored_payments AS p
LEFT JOIN merchants AS m ON p.merchant_id = m.merchant_id
LEFT JOIN LATERAL (
    SELECT known.is_fraud
    FROM labels AS known
    WHERE known.transaction_id = p.transaction_id
    ORDER BY known.labelled_at DESC, known.is_fraud DESC
    LIMIT 1
) AS l ON TRUE
