-- attack_signs: recent payments with what attackers of a merchant show.
--
-- Grain:   one row per payment (transaction_id, card_id)
-- Reads:   scored_payments, model_feature_bins
-- Units:   event_time in UTC
-- Source:  card testing tries stolen numbers with small amounts, many within minutes, and most are
--          declined. is_small: online, below 10 in the currency. is_high: a score in the highest
--          tenth of the test part of its model, or suspected. Ask for a range of times
CREATE VIEW dashboards.attack_signs AS
SELECT
    p.merchant_id,
    p.card_id,
    p.event_time,
    p.stored_at,
    p.channel = 'online' AND p.amount_cents < 1000 AS is_small,
    p.decision <> 'approve' OR COALESCE(p.score > b.edges[CARDINALITY(b.edges)], FALSE) AS is_high
FROM scored_payments AS p
LEFT JOIN model_feature_bins AS b
    ON p.model_version = b.model_version AND b.kind = 'score'
