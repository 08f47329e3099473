-- rule_preview: what became of the payments that a rule fires for, by card.
--
-- Grain:   one row per card with a hit
-- Reads:   rule_hits, current_labels, decision_policies
-- Units:   *_cents are minor units of the card currency
-- Source:  swipestream/rules/preview.py puts rule_hits in front: the payments of a period for which
--          the rule's conditions hold. A payment is mature if its label would have come by now; one
--          that is not and has no label may still become a fraud. The model's alerts are those of
--          the policy as it is now
WITH mature AS (
    SELECT %(mature_until)s::timestamp AS until_at
),

hits AS (
    SELECT
        rule_hits.card_id,
        rule_hits.amount_cents,
        COALESCE(labels.is_fraud, FALSE) AS is_fraud,
        rule_hits.event_time < mature.until_at AS is_mature,
        labels.is_fraud IS NULL AND rule_hits.event_time >= mature.until_at AS is_open,
        COALESCE(rule_hits.score >= policies.review_score, FALSE) AS is_model_alert
    FROM rule_hits
    CROSS JOIN mature
    LEFT JOIN current_labels AS labels ON rule_hits.transaction_id = labels.transaction_id
    LEFT JOIN decision_policies AS policies ON rule_hits.channel = policies.channel
)

SELECT
    card_id,
    COUNT(*) AS hit_count,
    COUNT(*) FILTER (WHERE is_fraud) AS fraud_count,
    COUNT(*) FILTER (WHERE is_open) AS open_count,
    COUNT(*) FILTER (WHERE is_mature) AS mature_count,
    COUNT(*) FILTER (WHERE is_mature AND is_fraud) AS mature_fraud_count,
    COUNT(*) FILTER (WHERE is_model_alert) AS model_count,
    COUNT(*) FILTER (WHERE is_model_alert AND is_fraud) AS model_fraud_count,
    COALESCE(SUM(amount_cents) FILTER (WHERE is_fraud), 0)::bigint AS fraud_cents,
    COALESCE(SUM(amount_cents) FILTER (WHERE is_fraud AND is_model_alert), 0)::bigint
        AS model_fraud_cents
FROM hits
GROUP BY card_id
ORDER BY card_id
