-- review_load: how many payments were to be reviewed, and how many reviews there is capacity for.
--
-- Grain:   one row per day and model version
-- Reads:   score_counts, alerts, model_facts
-- Units:   event_time is the day's beginning in UTC; all counts are of payments; add up
-- Source:  the capacity is the one that the model's thresholds were chosen for. It is either a
--          number of reviews a day, shared between models like the day's payments, or a share of
--          the payments
CREATE VIEW dashboards.review_load AS
WITH payments AS (
    SELECT
        s.day_at,
        s.champion_version AS model_version,
        SUM(s.payment_count) AS payment_count
    FROM dashboards.score_counts AS s
    WHERE s.role = 'champion'
    GROUP BY s.day_at, s.champion_version
),

parts AS (
    SELECT
        p.day_at,
        p.model_version,
        p.payment_count,
        p.payment_count / SUM(p.payment_count) OVER (PARTITION BY p.day_at) AS share_of_day
    FROM payments AS p
),

suspected AS (
    SELECT
        DATE_TRUNC('day', a.event_time) AS day_at,
        COALESCE(a.model_version, 'none') AS model_version,
        COUNT(*) FILTER (WHERE a.decision = 'review') AS review_count,
        COUNT(*) FILTER (WHERE a.decision = 'block') AS block_count
    FROM alerts AS a
    GROUP BY DATE_TRUNC('day', a.event_time), COALESCE(a.model_version, 'none')
)

SELECT
    COALESCE(p.day_at, s.day_at) AS event_time,
    COALESCE(p.model_version, s.model_version) AS model_version,
    COALESCE(p.payment_count, 0)::bigint AS payment_count,
    COALESCE(s.review_count, 0) AS review_count,
    COALESCE(s.block_count, 0) AS block_count,
    COALESCE(f.reviews_per_day * p.share_of_day, f.review_share * p.payment_count)
    ::double precision AS review_capacity
FROM parts AS p
FULL JOIN suspected AS s ON p.day_at = s.day_at AND p.model_version = s.model_version
LEFT JOIN model_facts AS f ON p.model_version = f.model_version
