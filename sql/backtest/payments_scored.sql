-- payments_scored: payments with their policy, and scores as the stream's function returns them.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   scored_rows, decision_policies
-- Units:   scoring.score is in [0, 1]; rule_action is what a live rule asks for
-- Source:  stands for sql/payments/decide/payments_scored.sql, so that payments_decided.sql, which
--          reads it, decides here as it does in the stream
CREATE TEMPORARY VIEW payments_scored AS
WITH scores AS (
    SELECT
        * EXCLUDE (
            score, model_version, rules_fired, shadow_rules_fired, rule_action, rules_version
        ),
        STRUCT_PACK(
            score := score,
            model_version := model_version,
            error := CAST(NULL AS VARCHAR),
            challenger_score := CAST(NULL AS DOUBLE),
            challenger_version := CAST(NULL AS VARCHAR),
            rules_fired := rules_fired,
            shadow_rules_fired := shadow_rules_fired,
            rule_action := rule_action,
            rules_version := rules_version
        ) AS scoring
    FROM scored_rows
)

SELECT
    scores.*,
    policies.version AS policy_version,
    policies.review_score,
    policies.block_score,
    policies.rule_block_kmh,
    policies.rule_block_km,
    policies.rule_review_txn_count_5m,
    policies.rule_review_amount_cents
FROM scores
LEFT JOIN decision_policies AS policies ON scores.channel = policies.channel
