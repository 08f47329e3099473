-- latency_minutes: how many payments were stored in a minute and how long they took.
--
-- Grain:   one row per minute in which payments were stored, once the minute is over
-- Units:   minute_at in UTC; live_count counts payments that reached the topic within a minute of
--          their time; *_ms are milliseconds from the payment to its committed row, of
--          payments that came live and in order
-- Source:  refresh_roll_ups fills it; it can be dropped at any time
CREATE TABLE dashboards.latency_minutes (
    minute_at timestamp PRIMARY KEY,
    payment_count bigint NOT NULL,
    live_count bigint NOT NULL,
    behind_count bigint NOT NULL,
    unscored_count bigint NOT NULL,
    p50_ms double precision,
    p95_ms double precision,
    p99_ms double precision
)
