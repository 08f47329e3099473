-- score_bands: how many payments got which score, and how many of them are known to be fraud.
--
-- Grain:   one row per day, model version and band of ten hundredths of score
-- Reads:   score_counts, known_frauds
-- Units:   event_time is the day's beginning in UTC; band is text such as 20 to 30, of 100
-- Source:  if the score is a probability, the share of frauds in a band lies within the band
CREATE VIEW dashboards.score_bands AS
WITH frauds AS (
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

payments AS (
    SELECT
        s.day_at,
        s.champion_version AS model_version,
        s.score_bin / 100 AS band_number,
        SUM(s.payment_count) AS payment_count,
        SUM(s.payment_count * (s.score_bin + 0.5)) / 1000 AS expected_count
    FROM dashboards.score_counts AS s
    WHERE s.role = 'champion'
    GROUP BY s.day_at, s.champion_version, s.score_bin / 100
)

SELECT
    p.day_at AS event_time,
    p.model_version,
    p.band_number,
    FORMAT(
        '%s to %s', LPAD((p.band_number * 10)::text, 2, '0'), (p.band_number + 1) * 10
    ) AS band,
    p.payment_count::bigint AS payment_count,
    p.expected_count::double precision AS expected_fraud_count,
    COALESCE(f.fraud_count, 0) AS fraud_count
FROM payments AS p
LEFT JOIN frauds AS f
    ON p.day_at = f.day_at AND p.model_version = f.model_version AND p.band_number = f.band_number
