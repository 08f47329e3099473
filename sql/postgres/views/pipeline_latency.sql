-- pipeline_latency: how many payments were stored in each minute, and how long they took.
--
-- Grain:   one row per minute in which payments were stored, and one for the first and the last
--          minute of each pause between them
-- Reads:   latency_minutes, recent_latency_minutes
-- Units:   minute_at in UTC, by the database's clock; *_ms are milliseconds from the payment to its
--          committed row, of payments that came live and in order; behind_count counts those that
--          were older than the newest payment of their card; replayed_count those that reached the
--          topic more than a minute after their time
-- Source:  percentiles of minutes do not add up: show them per minute. Without the pauses, a line
--          would lead from the last payment to the next one as if there had been others between
CREATE VIEW dashboards.pipeline_latency AS
WITH minutes AS (
    SELECT
        l.minute_at,
        l.payment_count,
        l.live_count,
        l.behind_count,
        l.unscored_count,
        l.p50_ms,
        l.p95_ms,
        l.p99_ms
    FROM dashboards.latency_minutes AS l
    UNION ALL
    SELECT
        r.minute_at,
        r.payment_count,
        r.live_count,
        r.behind_count,
        r.unscored_count,
        r.p50_ms,
        r.p95_ms,
        r.p99_ms
    FROM dashboards.recent_latency_minutes() AS r
),

pauses AS (
    SELECT
        m.minute_at,
        LEAD(m.minute_at, 1, DATE_TRUNC('minute', NOW() AT TIME ZONE 'UTC'))
            OVER (ORDER BY m.minute_at) AS next_minute_at
    FROM minutes AS m
),

empty_minutes AS (
    SELECT p.minute_at + INTERVAL '1 minute' AS minute_at
    FROM pauses AS p
    WHERE p.next_minute_at > p.minute_at + INTERVAL '1 minute'
    UNION
    SELECT p.next_minute_at - INTERVAL '1 minute' AS minute_at
    FROM pauses AS p
    WHERE p.next_minute_at > p.minute_at + INTERVAL '1 minute'
)

SELECT
    minute_at,
    payment_count,
    live_count,
    payment_count - live_count AS replayed_count,
    behind_count,
    unscored_count,
    p50_ms,
    p95_ms,
    p99_ms
FROM minutes
UNION ALL
SELECT
    minute_at,
    0 AS payment_count,
    0 AS live_count,
    0 AS replayed_count,
    0 AS behind_count,
    0 AS unscored_count,
    NULL AS p50_ms,
    NULL AS p95_ms,
    NULL AS p99_ms
FROM empty_minutes
