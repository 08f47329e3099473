-- card_features: what the model knew about a payment, one row per feature.
--
-- Grain:   one row per payment (transaction_id, card_id) and feature
-- Reads:   scored_payments, features, alerted_cards
-- Units:   in the column unit; value is text, empty where nothing was known
-- Source:  a new feature appears by itself. Ask for one card_id, card or transaction_id at a time
CREATE VIEW dashboards.card_features AS
SELECT
    p.transaction_id,
    p.card_id,
    k.card,
    p.event_time,
    p.decision,
    f.input_number,
    f.feature,
    CASE
        WHEN told.value ~ '^-?[0-9]+[.][0-9]+(e[-+]?[0-9]+)?$'
            THEN TRIM_SCALE(ROUND(told.value::numeric, 2))::text
        ELSE COALESCE(told.value, '')
    END AS value,
    f.unit,
    f.meaning
FROM scored_payments AS p
LEFT JOIN dashboards.alerted_cards AS k ON p.card_id = k.card_id
CROSS JOIN LATERAL JSONB_EACH_TEXT(TO_JSONB(p)) AS told
INNER JOIN dashboards.features AS f ON told.key = f.feature
