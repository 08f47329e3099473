-- reasons_of_alerts: every alert with its reasons in order, if it has any.
--
-- Grain:   one row per alert; arrays with an element per reason, empty without one
-- Reads:   alerts, alert_reasons
-- Units:   contributions to the log odds before calibration; NULL of a rule
-- Source:  `swipestream parity` adds them up. Reasons of an earlier score of the alert do not count
SELECT
    a.transaction_id,
    a.card_id,
    a.is_degraded,
    COALESCE(ARRAY_AGG(r.code ORDER BY r.rank) FILTER (WHERE r.rank IS NOT NULL), '{}') AS codes,
    COALESCE(ARRAY_AGG(r.kind ORDER BY r.rank) FILTER (WHERE r.rank IS NOT NULL), '{}') AS kinds,
    COALESCE(ARRAY_AGG(r.contribution ORDER BY r.rank) FILTER (WHERE r.rank IS NOT NULL), '{}')
        AS contributions
FROM alerts AS a
LEFT JOIN alert_reasons AS r
    ON
        a.transaction_id = r.transaction_id
        AND a.card_id = r.card_id
        AND a.score IS NOT DISTINCT FROM r.score
        AND a.model_version IS NOT DISTINCT FROM r.model_version
GROUP BY a.transaction_id, a.card_id
