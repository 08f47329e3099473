-- note_hours: record which full hours have a snapshot now.
--
-- Grain:   one row per full hour
-- Window:  from_ms to to_ms, both included
-- Units:   hour_ms is UTC epoch milliseconds
-- Source:  without it, an hour that was never computed would look like one without a change
INSERT INTO merchant_risk_hours (hour_ms)
SELECT GENERATE_SERIES(%(from_ms)s::bigint, %(to_ms)s::bigint, 3600000) -- noqa: CP02
ON CONFLICT (hour_ms) DO NOTHING
