-- latency_between: how long the payments took that were stored in a span of time.
--
-- Grain:   one row
-- Reads:   latency_minutes_between
-- Units:   milliseconds from the payment to its committed row, of payments that came live and in
--          order; the median and the highest of the minutes' percentiles
-- Source:  percentiles do not add up, so those of whole minutes are shown
SELECT
    SUM(l.payment_count) AS payments,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY l.p50_ms) AS p50_ms,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY l.p99_ms) AS p99_ms,
    MAX(l.p99_ms) AS highest_p99_ms
FROM dashboards.latency_minutes_between(%(begin)s, %(end)s) AS l
