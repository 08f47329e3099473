-- suspected_by_hour: Payments and the suspected share by the hour
--
-- The last two days, all currencies together, hours of UTC.
SELECT
    DATE_TRUNC('hour', v.event_time) AS hour_at,
    SUM(v.payment_count) AS payment_count,
    SUM(v.suspected_count) AS suspected_count,
    SUM(v.blocked_count) AS blocked_count,
    ROUND(100 * SUM(v.suspected_count) / SUM(v.payment_count), 2) AS suspected_pct
FROM dashboards.payment_volume AS v
WHERE v.event_time > NOW() AT TIME ZONE 'UTC' - INTERVAL '2 days'
GROUP BY DATE_TRUNC('hour', v.event_time)
ORDER BY hour_at
