-- payments_decided: each scored payment with what to do about it: approve, review or block.
--
-- Grain:   one row per transaction_id and card_id; append-only
-- Reads:   payments_scored
-- Units:   score and thresholds in [0, 1]; amounts in minor units of the card currency
-- Order:   the first of these decides: a live rule that allows, one that blocks, the score, a live
--          rule that asks for a review; without a score, what the policy says for that case.
--          Rules in shadow are only stored
-- Source:  thresholds are rows in Postgres, one a channel, and rules are a file; both change
--          without a restart: docs/cookbook/change_the_decision_policy.md, docs/rules.md
CREATE TEMPORARY VIEW payments_decided AS
WITH payments AS (
    SELECT
        *,
        scoring.score AS score,
        scoring.model_version AS model_version,
        scoring.error AS score_error,
        -- Only stored: the challenger decides nothing.
        scoring.challenger_score AS challenger_score,
        scoring.challenger_version AS challenger_version,
        scoring.rules_fired AS rules_fired,
        scoring.shadow_rules_fired AS shadow_rules_fired,
        scoring.rule_action AS rule_action,
        scoring.rules_version AS rules_version
    FROM payments_scored
)

SELECT
    *,
    -- Degraded means decided without a score or without a policy.
    score IS NULL OR policy_version IS NULL AS is_degraded,
    CASE
        WHEN rule_action = 'allow' THEN 'approve'
        WHEN rule_action = 'block' THEN 'block'
        -- Without a policy no score may approve, so somebody reviews it.
        WHEN policy_version IS NULL THEN 'review'
        WHEN score >= block_score THEN 'block'
        WHEN score >= review_score THEN 'review'
        WHEN
            score IS NULL
            AND kmh_from_previous >= rule_block_kmh
            AND km_from_previous >= rule_block_km THEN 'block'
        WHEN rule_action = 'review' THEN 'review'
        WHEN score IS NOT NULL THEN 'approve'
        WHEN card_txn_count_5m >= rule_review_txn_count_5m THEN 'review'
        WHEN amount_cents >= rule_review_amount_cents THEN 'review'
        ELSE 'approve'
    END AS decision,
    '${PIPELINE_VERSION}' AS pipeline_version,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS scored_at
FROM payments
