-- alerts_to_explain: alerts without reasons, or with those of an earlier score; the newest first.
--
-- Grain:   one row per alert, with all its columns
-- Reads:   alerts, alert_reasons
-- Window:  scored within the last `seconds`; NULL asks for all. Behind (`at`, `transaction_id`,
--          `card_id`), where a walk through all is; NULL if it begins
-- Units:   as in alerts
-- Source:  alerts of models that nothing explains are left out, unless a rule decided them, and so
--          are single alerts that cannot be explained. No bound comes from a CTE, so that the index
--          on scored_at is read from there on until there are enough
SELECT alerts.*
FROM alerts
WHERE
    (
        %(seconds)s::float IS NULL
        OR alerts.scored_at >= NOW() AT TIME ZONE 'UTC' - %(seconds)s * INTERVAL '1 second'
    )
    AND (
        %(at)s::timestamp IS NULL
        OR (alerts.scored_at, alerts.transaction_id, alerts.card_id)
        < (%(at)s::timestamp, %(transaction_id)s::text, %(card_id)s::text)
    )
    AND (
        alerts.is_degraded
        OR alerts.rule_action = alerts.decision
        OR alerts.model_version <> ALL (%(models)s::text [])
    )
    AND NOT EXISTS (
        SELECT 1
        FROM alert_reasons AS known
        WHERE
            known.transaction_id = alerts.transaction_id
            AND known.card_id = alerts.card_id
            AND known.rank = 1
            AND known.score IS NOT DISTINCT FROM alerts.score
            AND known.model_version IS NOT DISTINCT FROM alerts.model_version
    )
    AND (alerts.transaction_id, alerts.card_id, COALESCE(alerts.model_version, '')) NOT IN (
        SELECT
            told.transaction_id,
            told.card_id,
            told.model_version
        FROM
            unnest(%(transaction_ids)s::text [], %(card_ids)s::text [], %(versions)s::text [])
                AS told (transaction_id, card_id, model_version)
    )
ORDER BY alerts.scored_at DESC, alerts.transaction_id DESC, alerts.card_id DESC
LIMIT %(most)s
