-- model_rates: how many alerts are fraud and how many frauds are alerts, with labels still to come.
--
-- Grain:   one row per day, model version, measure (precision, recall) and series (at least,
--          expected, at most, truth (simulator))
-- Reads:   alerts, current_labels, known_frauds, label_delays, simulated_runs, true_frauds
-- Units:   event_time is the day's beginning in UTC; all counts are of payments: add up, then take
--          rate_bound of one series
-- Source:  precision counts alerts, each as far as its label has come. Recall counts frauds known
--          so far, as if labels of alerts and of missed frauds came equally fast. The truth is
--          there only for payments of the demo
CREATE VIEW dashboards.model_rates AS
WITH newest AS (
    SELECT MAX(d.known_at) AS known_at
    FROM dashboards.label_delays AS d
),

suspected AS (
    SELECT
        a.event_time,
        a.model_version,
        l.is_fraud,
        COALESCE(d.arrived_share, 0) AS arrived_share
    FROM alerts AS a
    CROSS JOIN newest AS n
    LEFT JOIN current_labels AS l ON a.transaction_id = l.transaction_id
    LEFT JOIN dashboards.label_delays AS d
        ON d.age_hours = dashboards.label_age_hours(n.known_at, a.event_time)
),

known AS (
    SELECT
        'precision' AS measure,
        DATE_TRUNC('day', s.event_time) AS day_at,
        s.model_version,
        COUNT(*) FILTER (WHERE s.is_fraud) AS found_count,
        COUNT(*) FILTER (WHERE s.is_fraud) AS least_count,
        COUNT(*) FILTER (WHERE s.is_fraud IS NOT FALSE) AS most_count,
        COUNT(*) AS payment_count,
        SUM(s.arrived_share) AS arrived_count
    FROM suspected AS s
    GROUP BY DATE_TRUNC('day', s.event_time), s.model_version
    UNION ALL
    SELECT
        'recall' AS measure,
        DATE_TRUNC('day', f.event_time) AS day_at,
        f.model_version,
        COUNT(*) FILTER (WHERE f.decision <> 'approve') AS found_count,
        0 AS least_count,
        COUNT(*) AS most_count,
        COUNT(*) AS payment_count,
        COUNT(*) AS arrived_count
    FROM dashboards.known_frauds AS f
    GROUP BY DATE_TRUNC('day', f.event_time), f.model_version
),

simulated AS (
    SELECT
        'precision' AS measure,
        DATE_TRUNC('day', a.event_time) AS day_at,
        a.model_version,
        COUNT(f.transaction_id) AS found_count,
        COUNT(*) AS payment_count
    FROM alerts AS a
    LEFT JOIN dashboards.true_frauds AS f ON a.transaction_id = f.transaction_id
    WHERE
        EXISTS (
            SELECT 1 FROM simulated_runs AS r
            WHERE a.transaction_id LIKE r.id_pattern
        )
    GROUP BY DATE_TRUNC('day', a.event_time), a.model_version
    UNION ALL
    SELECT
        'recall' AS measure,
        DATE_TRUNC('day', f.event_time) AS day_at,
        f.model_version,
        COUNT(*) FILTER (WHERE f.decision <> 'approve') AS found_count,
        COUNT(*) AS payment_count
    FROM dashboards.true_frauds AS f
    GROUP BY DATE_TRUNC('day', f.event_time), f.model_version
),

both_kinds AS (
    SELECT
        k.measure,
        k.day_at,
        k.model_version,
        s.series,
        k.found_count,
        k.least_count,
        k.most_count,
        k.payment_count,
        k.arrived_count
    FROM known AS k
    CROSS JOIN (VALUES ('at least'), ('expected'), ('at most')) AS s (series)
    UNION ALL
    SELECT
        t.measure,
        t.day_at,
        t.model_version,
        'truth (simulator)' AS series,
        t.found_count,
        t.found_count AS least_count,
        t.found_count AS most_count,
        t.payment_count,
        t.payment_count AS arrived_count
    FROM simulated AS t
)

SELECT
    day_at AS event_time,
    COALESCE(model_version, 'none') AS model_version,
    measure,
    series,
    found_count,
    least_count,
    most_count,
    payment_count,
    arrived_count::double precision AS arrived_count
FROM both_kinds
