-- score_bands: which share of the payments with a score is fraud, with labels still to come.
--
-- Grain:   one row per day, model version, band of ten hundredths of score and series (by the
--          score, at least, expected, at most, truth (simulator))
-- Reads:   score_counts, known_frauds, day_arrivals, true_frauds
-- Units:   event_time is the day's beginning in UTC; band is text such as 20 to 30, of 100. All
--          counts are of payments: add up, then take rate_bound of one series
-- Source:  if the score is a probability, what is expected by the score lies between at least and
--          at most. Payments count as far as their labels have come, as in model_rates
CREATE VIEW dashboards.score_bands AS
WITH known AS (
    SELECT
        DATE_TRUNC('day', f.event_time) AS day_at,
        COALESCE(f.model_version, 'unknown') AS model_version,
        LEAST(FLOOR(f.score * 10), 9)::integer AS band_number,
        COUNT(*) AS fraud_count
    FROM dashboards.known_frauds AS f
    WHERE f.score IS NOT NULL
    GROUP BY
        DATE_TRUNC('day', f.event_time),
        f.model_version,
        LEAST(FLOOR(f.score * 10), 9)
),

true_ones AS (
    SELECT
        DATE_TRUNC('day', f.event_time) AS day_at,
        COALESCE(f.model_version, 'unknown') AS model_version,
        LEAST(FLOOR(f.score * 10), 9)::integer AS band_number,
        COUNT(*) AS fraud_count
    FROM dashboards.true_frauds AS f
    WHERE f.score IS NOT NULL
    GROUP BY
        DATE_TRUNC('day', f.event_time),
        f.model_version,
        LEAST(FLOOR(f.score * 10), 9)
),

payments AS (
    SELECT
        s.day_at,
        s.champion_version AS model_version,
        s.score_bin / 100 AS band_number,
        SUM(s.payment_count) AS payment_count,
        SUM(s.payment_count) FILTER (WHERE s.is_simulated) AS simulated_count,
        SUM(s.payment_count * (s.score_bin + 0.5)) / 1000 AS scored_count
    FROM dashboards.score_counts AS s
    WHERE s.role = 'champion'
    GROUP BY s.day_at, s.champion_version, s.score_bin / 100
),

all_counts AS (
    SELECT
        p.day_at,
        p.model_version,
        p.band_number,
        p.payment_count,
        p.simulated_count,
        p.scored_count,
        COALESCE(k.fraud_count, 0) AS known_count,
        COALESCE(t.fraud_count, 0) AS true_count,
        p.payment_count * COALESCE(d.arrived_share, 0) AS arrived_count
    FROM payments AS p
    LEFT JOIN dashboards.day_arrivals AS d ON p.day_at = d.day_at
    LEFT JOIN known AS k
        ON
            p.day_at = k.day_at
            AND p.model_version = k.model_version
            AND p.band_number = k.band_number
    LEFT JOIN true_ones AS t
        ON
            p.day_at = t.day_at
            AND p.model_version = t.model_version
            AND p.band_number = t.band_number
),

all_series AS (
    SELECT
        a.day_at,
        a.model_version,
        a.band_number,
        s.series,
        CASE s.series
            WHEN 'by the score' THEN a.scored_count
            WHEN 'truth (simulator)' THEN a.true_count
            ELSE a.known_count
        END AS found_count,
        CASE s.series WHEN 'truth (simulator)' THEN a.simulated_count ELSE a.payment_count END
            AS payment_count,
        a.arrived_count
    FROM all_counts AS a
    CROSS JOIN (
        VALUES ('by the score'), ('at least'), ('expected'), ('at most'), ('truth (simulator)')
    ) AS s (series)
)

SELECT
    day_at AS event_time,
    model_version,
    band_number,
    FORMAT('%s to %s', band_number * 10, (band_number + 1) * 10) AS band,
    series,
    payment_count::bigint AS payment_count,
    found_count::double precision AS found_count,
    arrived_count::double precision AS arrived_count
FROM all_series
WHERE payment_count > 0
