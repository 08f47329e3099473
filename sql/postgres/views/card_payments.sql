-- card_payments: the payments of a card with their decisions, reasons and labels.
--
-- Grain:   one row per payment (transaction_id, card_id)
-- Reads:   scored_payments, merchants, labels, alerted_cards
-- Units:   amount in the currency, not in cents; score_pct from 0 to 100; event_time and stored_at
--          in UTC; seconds_behind the newest payment of the card, NULL where it was not recorded
-- Source:  ask for one card_id or one card at a time: there is an index for that. card is the name
--          that a card with alerts has on the pages
CREATE VIEW dashboards.card_payments AS
SELECT
    p.transaction_id,
    p.card_id,
    k.card,
    p.event_time,
    p.stored_at AT TIME ZONE 'UTC' AS stored_at,
    p.decision,
    dashboards.decision_chip(p.decision) AS decision_chip,
    CASE
        WHEN l.is_fraud THEN 'fraud'
        WHEN NOT l.is_fraud THEN 'genuine'
        ELSE 'open'
    END AS verdict,
    ROUND(p.score::numeric * 100, 1)::double precision AS score_pct,
    p.amount_cents / 100.0::double precision AS amount,
    p.currency,
    dashboards.in_words(p.channel) AS channel,
    COALESCE(m.name, 'Unknown') AS merchant,
    dashboards.in_words(p.merchant_category) AS merchant_category,
    dashboards.country_name(p.merchant_country) AS merchant_country,
    m.city AS merchant_city,
    ROUND(p.km_from_previous::numeric, 1)::double precision AS km_from_previous,
    dashboards.duration_in_words(p.seconds_since_previous) AS since_previous,
    ROUND(p.came_behind_ms / 1000.0, 1)::double precision AS seconds_behind,
    CASE
        WHEN p.decision = 'approve' THEN ''
        ELSE COALESCE(dashboards.main_reason(p.transaction_id, p.card_id), 'not explained')
    END AS main_reason,
    p.model_version
FROM scored_payments AS p
LEFT JOIN dashboards.alerted_cards AS k ON p.card_id = k.card_id
LEFT JOIN merchants AS m ON p.merchant_id = m.merchant_id
LEFT JOIN LATERAL (
    SELECT known.is_fraud
    FROM labels AS known
    WHERE known.transaction_id = p.transaction_id
    ORDER BY known.labelled_at DESC, known.is_fraud DESC
    LIMIT 1
) AS l ON TRUE
