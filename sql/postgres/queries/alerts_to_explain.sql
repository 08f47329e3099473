-- alerts_to_explain: alerts without reasons, or with those of an earlier score; the newest first.
--
-- Grain:   one row per alert, with all its columns
-- Reads:   alerts, alert_reasons
-- Window:  scored within the last `seconds`; NULL asks for all
-- Units:   as in alerts
-- Source:  alerts of models that nothing explains are left out, unless a rule decided them
WITH looked_at AS (
    SELECT CLOCK_TIMESTAMP() AT TIME ZONE 'UTC' - %(seconds)s * INTERVAL '1 second' AS since
)

SELECT alerts.*
FROM looked_at
CROSS JOIN alerts
WHERE
    alerts.scored_at >= COALESCE(looked_at.since, TIMESTAMP '-infinity')
    AND (alerts.is_degraded OR alerts.model_version <> ALL (%(models)s::text []))
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
ORDER BY alerts.scored_at DESC
LIMIT %(most)s
