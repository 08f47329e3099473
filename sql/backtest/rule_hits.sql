-- rule_hits: what each rule fired for, live or in shadow.
--
-- Grain:   one row per rule_name that fired
-- Reads:   measured_payments
-- Units:   fraud_cents and new_fraud_cents are amounts of known frauds, in minor units of the card
--          currency; new_* are of payments that the score alone approves
CREATE TEMPORARY VIEW rule_hits AS
WITH fired AS (
    SELECT
        *,
        UNNEST(STRING_SPLIT(CONCAT_WS(',', rules_fired, shadow_rules_fired), ',')) AS rule_name
    FROM measured_payments
    WHERE rules_fired IS NOT NULL OR shadow_rules_fired IS NOT NULL
)

SELECT
    rule_name,
    COUNT(*) AS hit_count,
    COUNT(DISTINCT card_id) AS card_count,
    COUNT(*) FILTER (WHERE label = 1) AS fraud_count,
    SUM(CASE WHEN label = 1 THEN amount_cents ELSE 0 END) AS fraud_cents,
    COUNT(*) FILTER (WHERE decision_by_score = 'approve') AS new_count,
    COUNT(*) FILTER (WHERE decision_by_score = 'approve' AND label = 1) AS new_fraud_count,
    SUM(CASE WHEN decision_by_score = 'approve' AND label = 1 THEN amount_cents ELSE 0 END)
        AS new_fraud_cents
FROM fired
GROUP BY rule_name
ORDER BY rule_name
