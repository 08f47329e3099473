-- drift_events: what was noticed, the oldest first.
--
-- Grain:   one row per event
-- Reads:   drift_events
-- Units:   as in drift_events
-- Source:  the newest are asked for by when they fired
SELECT
    event_id,
    kind,
    signal,
    subject,
    model_version,
    began_at,
    fired_at,
    ended_at,
    value,
    limit_value,
    text
FROM drift_events
WHERE fired_at >= %(since)s OR ended_at IS NULL
ORDER BY fired_at, event_id
