-- pipeline_latency: how many payments were stored in each minute, and how long they took.
--
-- Grain:   one row per minute in which payments were stored
-- Reads:   latency_minutes, recent_latency_minutes
-- Units:   minute_at in UTC, by the database's clock; *_ms are milliseconds from the payment to its
--          committed row, of payments that came live and in order; behind_count counts those that
--          were older than the newest payment of their card
-- Source:  percentiles of minutes do not add up: show them per minute
CREATE VIEW dashboards.pipeline_latency AS
SELECT
    l.minute_at,
    l.payment_count,
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
    r.behind_count,
    r.unscored_count,
    r.p50_ms,
    r.p95_ms,
    r.p99_ms
FROM dashboards.recent_latency_minutes() AS r
