-- recent_latency_minutes: rows of latency_minutes for the minutes that are not in it yet.
--
-- Grain:   as in latency_minutes
-- Reads:   latency_minutes, latency_minutes_between
-- Units:   as in latency_minutes
-- Source:  runs as the owner, like recent_payment_sums
CREATE FUNCTION dashboards.recent_latency_minutes()
RETURNS SETOF dashboards.latency_minutes  -- noqa: CP05
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
ROWS 5
AS $$
DECLARE
    stored_from timestamptz := (
        SELECT COALESCE(MAX(l.minute_at) + INTERVAL '1 minute', '-infinity')
        FROM dashboards.latency_minutes AS l
    ) AT TIME ZONE 'UTC';
BEGIN
    RETURN QUERY
    SELECT b.*
    FROM dashboards.latency_minutes_between(stored_from, 'infinity') AS b;
END
$$
