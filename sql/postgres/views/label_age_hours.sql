-- label_age_hours: how long labels of a payment have had to come, as label_delays counts it.
--
-- Grain:   one value, whole hours up to 180 days; below zero for payments after the newest
--          label, NULL before any label has come
-- Units:   both times in UTC; known_at is that of the newest label
-- Source:  labels that come later than 180 days are too few to matter
CREATE FUNCTION dashboards.label_age_hours(
    known_at timestamp, event_time timestamp
) RETURNS integer  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN CASE
    -- LEAST passes over what is unknown.
    WHEN known_at IS NOT NULL
        THEN LEAST(24 * 180, FLOOR(EXTRACT(EPOCH FROM (known_at - event_time)) / 3600))
END::integer
