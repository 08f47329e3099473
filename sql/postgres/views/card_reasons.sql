-- card_reasons: why payments of a card are alerts, one row per reason.
--
-- Grain:   one row per alert (transaction_id, card_id) and reason
-- Reads:   alert_reasons, alerts, alerted_cards
-- Units:   weight is what the reason adds to the log odds before calibration, below 0 if it speaks
--          against fraud, NULL of a rule; event_time in UTC
-- Source:  ask for one card_id or one card at a time. docs/reasons.md lists the codes
CREATE VIEW dashboards.card_reasons AS
SELECT
    r.transaction_id,
    r.card_id,
    k.card,
    a.event_time,
    a.decision,
    r.rank,
    CASE r.kind WHEN 'against' THEN 'against fraud' WHEN 'for' THEN 'for fraud' ELSE r.kind END
        AS speaks,
    r.text AS reason,
    ROUND(r.contribution::numeric, 2)::double precision AS weight,
    r.code
FROM alert_reasons AS r
INNER JOIN alerts AS a ON r.transaction_id = a.transaction_id AND r.card_id = a.card_id
LEFT JOIN dashboards.alerted_cards AS k ON r.card_id = k.card_id
WHERE r.kind IN ('rule', 'for', 'against')
