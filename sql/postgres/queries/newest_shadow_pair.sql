-- newest_shadow_pair: the champion and the challenger of the newest payment that both have scored.
--
-- Grain:   one row, or none
-- Reads:   scored_payments
-- Source:  by event time, which has an index
SELECT
    model_version,
    challenger_version
FROM scored_payments
WHERE score IS NOT NULL AND challenger_score IS NOT NULL AND event_time >= %(since)s
ORDER BY event_time DESC
LIMIT 1
