-- model_ranking: how well each model ranks frauds above genuine payments.
--
-- Grain:   one row per model version
-- Reads:   score_counts, known_frauds, day_arrivals, true_frauds, model_facts
-- Units:   average precisions and shares in [0, 1]; event_time is the newest day, in UTC
-- Source:  average precision by thousandths of score: the sum over them, highest first, of the
--          share of all frauds in that bin times the precision down to that bin. Payments count as
--          far as their labels have come, as in model_rates. true_average_precision is of the
--          demo's simulator, tested_average_precision of the model's test part
CREATE VIEW dashboards.model_ranking AS
WITH known AS (
    SELECT
        f.model_version,
        LEAST(FLOOR(f.score * 1000), 999)::integer AS score_bin,
        COUNT(*) AS fraud_count
    FROM dashboards.known_frauds AS f
    WHERE f.score IS NOT NULL
    GROUP BY f.model_version, LEAST(FLOOR(f.score * 1000), 999)
),

true_ones AS (
    SELECT
        f.model_version,
        LEAST(FLOOR(f.score * 1000), 999)::integer AS score_bin,
        COUNT(*) AS fraud_count
    FROM dashboards.true_frauds AS f
    WHERE f.score IS NOT NULL
    GROUP BY f.model_version, LEAST(FLOOR(f.score * 1000), 999)
),

payments AS (
    SELECT
        s.champion_version AS model_version,
        s.score_bin,
        MAX(s.day_at) AS newest_day,
        SUM(s.payment_count) AS payment_count,
        SUM(s.payment_count * d.arrived_share) AS arrived_count,
        SUM(s.payment_count) FILTER (WHERE s.is_simulated) AS simulated_count
    FROM dashboards.score_counts AS s
    INNER JOIN dashboards.day_arrivals AS d ON s.day_at = d.day_at
    WHERE s.role = 'champion'
    GROUP BY s.champion_version, s.score_bin
),

bins AS (
    SELECT
        p.model_version,
        p.score_bin,
        p.newest_day,
        p.payment_count,
        p.arrived_count,
        p.simulated_count,
        COALESCE(k.fraud_count, 0) AS fraud_count,
        COALESCE(t.fraud_count, 0) AS true_count
    FROM payments AS p
    LEFT JOIN known AS k ON p.model_version = k.model_version AND p.score_bin = k.score_bin
    LEFT JOIN true_ones AS t ON p.model_version = t.model_version AND p.score_bin = t.score_bin
),

running AS (
    SELECT
        b.model_version,
        b.newest_day,
        b.payment_count,
        b.arrived_count,
        b.fraud_count,
        b.true_count,
        SUM(b.arrived_count) OVER down_to_here AS arrived_so_far,
        SUM(b.fraud_count) OVER down_to_here AS frauds_so_far,
        SUM(b.simulated_count) OVER down_to_here AS simulated_so_far,
        SUM(b.true_count) OVER down_to_here AS true_so_far
    FROM bins AS b
    WINDOW down_to_here AS (PARTITION BY b.model_version ORDER BY b.score_bin DESC)
),

ranked AS (
    SELECT
        r.model_version,
        MAX(r.newest_day) AS event_time,
        SUM(r.payment_count) AS payment_count,
        SUM(r.arrived_count) AS arrived_count,
        SUM(r.fraud_count) AS fraud_count,
        SUM(r.fraud_count * LEAST(1, r.frauds_so_far / NULLIF(r.arrived_so_far, 0)))
        / NULLIF(SUM(r.fraud_count), 0) AS average_precision,
        SUM(r.true_count * r.true_so_far / NULLIF(r.simulated_so_far, 0))
        / NULLIF(SUM(r.true_count), 0) AS true_average_precision
    FROM running AS r
    GROUP BY r.model_version
)

SELECT
    k.model_version,
    k.event_time,
    k.payment_count::bigint AS payment_count,
    k.fraud_count::bigint AS fraud_count,
    (k.arrived_count / k.payment_count)::double precision AS arrived_share,
    (k.fraud_count / NULLIF(k.arrived_count, 0))::double precision AS base_rate,
    k.average_precision::double precision AS average_precision,
    k.true_average_precision::double precision AS true_average_precision,
    f.average_precision AS tested_average_precision
FROM ranked AS k
LEFT JOIN model_facts AS f ON k.model_version = f.model_version
