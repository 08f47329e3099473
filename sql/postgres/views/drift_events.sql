-- drift_events: what was noticed of drift, attacks and trainings, for charts.
--
-- Grain:   one row per event
-- Reads:   drift_events
-- Units:   event_time is when it fired, in UTC, as began_at and ended_at; ended_at is NULL while it
--          lasts
-- Source:  the follower model-watch notes them: docs/drift.md
CREATE VIEW dashboards.drift_events AS
SELECT
    e.fired_at AS event_time,
    e.began_at,
    e.ended_at,
    e.event_id,
    e.kind,
    e.signal,
    CASE e.subject WHEN '' THEN 'all payments' ELSE e.subject END AS subject,
    COALESCE(e.model_version, 'none') AS model_version,
    e.value,
    e.limit_value,
    e.text,
    e.ended_at IS NULL AS is_open
FROM drift_events AS e
