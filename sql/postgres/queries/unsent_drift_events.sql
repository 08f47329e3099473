-- unsent_drift_events: what nobody has been told of yet, the oldest first.
--
-- Grain:   one row per event
-- Reads:   drift_events
-- Units:   as in drift_events; is_begin_sent says whether only its end is untold
-- Source:  locked, so that two who send take turns
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
    text,
    sent_at IS NOT NULL AS is_begin_sent
FROM drift_events
WHERE sent_at IS NULL OR (ended_at IS NOT NULL AND end_sent_at IS NULL)
ORDER BY noted_at
LIMIT 100
FOR UPDATE
