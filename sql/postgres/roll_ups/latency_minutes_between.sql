-- latency_minutes_between: rows of latency_minutes, counted from the payments themselves.
--
-- Grain:   as in latency_minutes
-- Reads:   payment_latencies
-- Units:   as in latency_minutes
-- Source:  a payment came live if it reached the topic within a minute of its time; the latency of
--          replayed payments means nothing
CREATE FUNCTION dashboards.latency_minutes_between(
    stored_from timestamptz, stored_before timestamptz
) RETURNS SETOF dashboards.latency_minutes  -- noqa: CP05
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
    WITH taken AS (
        SELECT
            DATE_TRUNC('minute', p.stored_at AT TIME ZONE 'UTC') AS minute_at,
            p.came_behind_ms > 0 AS is_behind,
            p.score IS NULL AS is_unscored,
            p.arrived_at - p.event_time < INTERVAL '1 minute' AS is_live,
            CASE
                WHEN p.arrived_at - p.event_time < INTERVAL '1 minute' THEN p.latency_ms
            END AS latency_ms
        FROM payment_latencies AS p
        WHERE p.stored_at >= $1 AND p.stored_at < $2
    )

    SELECT
        t.minute_at,
        COUNT(*),
        COUNT(*) FILTER (WHERE t.is_live),
        COUNT(*) FILTER (WHERE t.is_behind),
        COUNT(*) FILTER (WHERE t.is_unscored),
        PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY t.latency_ms),
        PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY t.latency_ms),
        PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY t.latency_ms)
    FROM taken AS t
    GROUP BY t.minute_at;
END
$$
