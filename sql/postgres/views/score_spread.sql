-- score_spread: the distribution of scores now, in training, and of the challenger.
--
-- Grain:   one row per day, model version, scorer and band of ten hundredths of score
-- Reads:   score_counts, model_facts
-- Units:   event_time is the day's beginning in UTC; band is text such as 20 to 30, of 100;
--          payment_count may be a fraction. Add up, then divide by the sum of the scorer
-- Source:  "in training" distributes the day's payments like those that the model was tested on;
--          "challenger now" is in the rows of the champion of that time
CREATE VIEW dashboards.score_spread AS
WITH scored AS (
    SELECT
        s.day_at,
        s.champion_version AS model_version,
        CASE s.role WHEN 'champion' THEN 'now' ELSE 'challenger now' END AS scorer,
        s.score_bin / 100 AS band_number,
        SUM(s.payment_count)::double precision AS payment_count
    FROM dashboards.score_counts AS s
    GROUP BY s.day_at, s.champion_version, s.role, s.score_bin / 100
),

days AS (
    SELECT
        s.day_at,
        s.model_version,
        SUM(s.payment_count) AS payment_count
    FROM scored AS s
    WHERE s.scorer = 'now'
    GROUP BY s.day_at, s.model_version
),

tested AS (
    SELECT
        f.model_version,
        (t.place - 1)::integer AS band_number,
        t.payment_count / SUM(t.payment_count) OVER (PARTITION BY f.model_version) AS share
    FROM model_facts AS f
    CROSS JOIN LATERAL UNNEST(f.test_score_bands) WITH ORDINALITY AS t (payment_count, place)
),

expected AS (
    SELECT
        d.day_at,
        d.model_version,
        'in training' AS scorer,
        t.band_number,
        (d.payment_count * t.share)::double precision AS payment_count
    FROM days AS d
    INNER JOIN tested AS t ON d.model_version = t.model_version
    WHERE t.share > 0
),

both_kinds AS (
    SELECT
        s.day_at,
        s.model_version,
        s.scorer,
        s.band_number,
        s.payment_count
    FROM scored AS s
    UNION ALL
    SELECT
        e.day_at,
        e.model_version,
        e.scorer,
        e.band_number,
        e.payment_count
    FROM expected AS e
)

SELECT
    day_at AS event_time,
    model_version,
    scorer,
    band_number,
    FORMAT('%s to %s', band_number * 10, (band_number + 1) * 10) AS band,
    payment_count
FROM both_kinds
