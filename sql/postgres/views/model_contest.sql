-- model_contest: the champion beside its challenger, on the payments that both have scored.
--
-- Grain:   one row per role: champion, challenger; without a challenger, its row is still there
-- Reads:   scored_payments, score_counts, known_frauds, day_arrivals, model_facts
-- Units:   average precisions in [0, 1]; event_time is the pair's first day, in UTC
-- Source:  the newest scored payment says which models they are. Average precision as in
--          model_ranking: payments count as far as their labels have come
CREATE VIEW dashboards.model_contest AS
WITH newest AS (
    SELECT
        p.model_version AS champion_version,
        CASE
            WHEN p.challenger_score IS NULL THEN 'none'
            ELSE COALESCE(p.challenger_version, 'unknown')
        END AS challenger_version
    FROM scored_payments AS p
    WHERE p.model_version IS NOT NULL AND p.score IS NOT NULL
    ORDER BY p.event_time DESC
    LIMIT 1
),

roles AS (
    SELECT
        r.role,
        n.champion_version,
        n.challenger_version,
        CASE r.role WHEN 'champion' THEN n.champion_version ELSE n.challenger_version END
            AS model_version
    FROM newest AS n
    CROSS JOIN (VALUES ('champion'), ('challenger')) AS r (role)
),

scored AS (
    SELECT
        r.role,
        s.day_at,
        s.score_bin,
        s.payment_count,
        s.alert_count,
        s.shared_alert_count
    FROM roles AS r
    INNER JOIN dashboards.score_counts AS s
        ON
            r.role = s.role
            AND r.champion_version = s.champion_version
            AND r.challenger_version = s.challenger_version
),

totals AS (
    SELECT
        s.role,
        MIN(s.day_at) AS first_day,
        SUM(s.payment_count) AS payment_count,
        SUM(s.alert_count) AS alert_count,
        SUM(s.shared_alert_count) AS shared_alert_count
    FROM scored AS s
    GROUP BY s.role
),

frauds_by_bin AS (
    SELECT
        r.role,
        CASE r.role
            WHEN 'champion' THEN LEAST(FLOOR(f.score * 1000), 999)
            ELSE LEAST(FLOOR(f.challenger_score * 1000), 999)
        END::integer AS score_bin,
        COUNT(*) AS fraud_count
    FROM roles AS r
    INNER JOIN dashboards.known_frauds AS f
        ON
            r.champion_version = f.model_version
            AND r.challenger_version = COALESCE(f.challenger_version, 'none')
    WHERE f.score IS NOT NULL
    GROUP BY
        r.role,
        CASE r.role
            WHEN 'champion' THEN LEAST(FLOOR(f.score * 1000), 999)
            ELSE LEAST(FLOOR(f.challenger_score * 1000), 999)
        END
),

bins AS (
    SELECT
        s.role,
        s.score_bin,
        SUM(s.payment_count * d.arrived_share) AS arrived_count
    FROM scored AS s
    INNER JOIN dashboards.day_arrivals AS d ON s.day_at = d.day_at
    GROUP BY s.role, s.score_bin
),

running AS (
    SELECT
        b.role,
        COALESCE(f.fraud_count, 0) AS fraud_count,
        SUM(b.arrived_count) OVER down_to_here AS arrived_so_far,
        SUM(COALESCE(f.fraud_count, 0)) OVER down_to_here AS frauds_so_far
    FROM bins AS b
    LEFT JOIN frauds_by_bin AS f ON b.role = f.role AND b.score_bin = f.score_bin
    WINDOW down_to_here AS (PARTITION BY b.role ORDER BY b.score_bin DESC)
),

ranking AS (
    SELECT
        r.role,
        SUM(r.fraud_count) AS fraud_count,
        SUM(r.fraud_count * LEAST(1, r.frauds_so_far / NULLIF(r.arrived_so_far, 0)))
        / NULLIF(SUM(r.fraud_count), 0) AS average_precision
    FROM running AS r
    GROUP BY r.role
)

SELECT
    r.role,
    CASE r.model_version WHEN 'none' THEN 'no challenger at present' ELSE r.model_version END
        AS model_version,
    MIN(t.first_day) OVER () AS event_time,
    t.payment_count::bigint AS payment_count,
    t.alert_count::bigint AS alert_count,
    CASE WHEN r.challenger_version <> 'none' THEN t.shared_alert_count END::bigint
        AS shared_alert_count,
    k.fraud_count::bigint AS fraud_count,
    k.average_precision::double precision AS average_precision,
    f.average_precision AS tested_average_precision
FROM roles AS r
LEFT JOIN totals AS t ON r.role = t.role
LEFT JOIN ranking AS k ON r.role = k.role
LEFT JOIN model_facts AS f ON r.model_version = f.model_version
