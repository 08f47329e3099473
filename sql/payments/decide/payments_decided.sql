-- payments_decided: each scored payment with what to do about it: approve, review or block.
--
-- Grain:   one row per transaction_id and card_id; append-only
-- Reads:   payments_scored, decision_policies
-- Units:   score and thresholds in [0, 1]; amounts in minor units of the card currency
-- Source:  thresholds are rows in Postgres, one a channel, and change without a restart;
--          docs/cookbook/change_the_decision_policy.md
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
        PROCTIME() AS decided_at
    FROM payments_scored
)

SELECT
    payments.*,
    policies.version AS policy_version,
    -- Degraded means decided without a score or without a policy.
    payments.score IS NULL OR policies.channel IS NULL AS is_degraded,
    CASE
        -- Without a policy nothing may be approved, so somebody reviews it.
        WHEN policies.channel IS NULL THEN 'review'
        WHEN payments.score >= policies.block_score THEN 'block'
        WHEN payments.score >= policies.review_score THEN 'review'
        WHEN payments.score IS NOT NULL THEN 'approve'
        WHEN
            payments.kmh_from_previous >= policies.rule_block_kmh
            AND payments.km_from_previous >= policies.rule_block_km THEN 'block'
        WHEN payments.card_txn_count_5m >= policies.rule_review_txn_count_5m THEN 'review'
        WHEN payments.amount_cents >= policies.rule_review_amount_cents THEN 'review'
        ELSE 'approve'
    END AS decision,
    '${PIPELINE_VERSION}' AS pipeline_version,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS scored_at
FROM payments
LEFT JOIN decision_policies FOR SYSTEM_TIME AS OF payments.decided_at AS policies
    ON payments.channel = policies.channel
