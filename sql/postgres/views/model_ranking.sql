-- model_ranking: how well each model ranks frauds above genuine payments.
--
-- Grain:   one row per model version
-- Reads:   score_counts, known_frauds
-- Units:   average_precision and base_rate in [0, 1]; event_time is the newest day, in UTC
-- Source:  average precision by thousandths of score: the sum over them, highest first, of the
--          share of all frauds in that bin times the precision down to that bin. The last two days
--          are left out: their frauds are not known yet
CREATE VIEW dashboards.model_ranking AS
WITH frauds AS (
    SELECT
        DATE_TRUNC('day', f.event_time) AS day_at,
        f.model_version,
        LEAST(FLOOR(f.score * 1000), 999)::integer AS score_bin,
        COUNT(*) AS fraud_count
    FROM dashboards.known_frauds AS f
    WHERE f.score IS NOT NULL
    GROUP BY
        DATE_TRUNC('day', f.event_time),
        f.model_version,
        LEAST(FLOOR(f.score * 1000), 999)
),

payments AS (
    SELECT
        s.day_at,
        s.champion_version AS model_version,
        s.score_bin,
        SUM(s.payment_count) AS payment_count
    FROM dashboards.score_counts AS s
    WHERE
        s.role = 'champion'
        AND s.day_at < NOW() AT TIME ZONE 'UTC' - INTERVAL '2 days'  -- noqa: CP05
    GROUP BY s.day_at, s.champion_version, s.score_bin
),

bins AS (
    SELECT
        p.model_version,
        p.score_bin,
        MAX(p.day_at) AS newest_day,
        SUM(p.payment_count) AS payment_count,
        SUM(COALESCE(f.fraud_count, 0)) AS fraud_count
    FROM payments AS p
    LEFT JOIN frauds AS f
        ON
            p.day_at = f.day_at
            AND p.model_version = f.model_version
            AND p.score_bin = f.score_bin
    GROUP BY p.model_version, p.score_bin
),

running AS (
    SELECT
        b.model_version,
        b.newest_day,
        b.payment_count,
        b.fraud_count,
        SUM(b.payment_count) OVER down_to_here AS payments_so_far,
        SUM(b.fraud_count) OVER down_to_here AS frauds_so_far
    FROM bins AS b
    WINDOW down_to_here AS (PARTITION BY b.model_version ORDER BY b.score_bin DESC)
)

SELECT
    model_version,
    MAX(newest_day) AS event_time,
    SUM(payment_count)::bigint AS payment_count,
    SUM(fraud_count)::bigint AS fraud_count,
    (SUM(fraud_count) / NULLIF(SUM(payment_count), 0))::double precision AS base_rate,
    (
        SUM(fraud_count * frauds_so_far / payments_so_far) / NULLIF(SUM(fraud_count), 0)
    )::double precision AS average_precision
FROM running
GROUP BY model_version
