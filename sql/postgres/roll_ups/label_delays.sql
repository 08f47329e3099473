-- label_delays: which share of the labels of fraud has come by the time a payment has an age.
--
-- Grain:   one row per age in whole hours, up to 180 days
-- Reads:   labels, scored_payments
-- Units:   arrived_share in [0, 1], rising with age_hours; known_at is the time of the newest
--          label, in UTC: ages count up to then, not to now
-- Source:  a young payment can only have had a label that came soon, so the delays seen so far are
--          too short. The share is therefore estimated from the longest delay down: of all payments
--          that are old enough for a delay and had a label by then, which part had it exactly then
--          (the product limit of truncated data: Lagakos et al. 1988, "Nonparametric analysis of
--          truncated survival data"). With fewer than 100 labels, or none of a payment 28 days
--          older than the newest one, that says nothing: then labels count as complete after 21
--          days, as in training
CREATE MATERIALIZED VIEW dashboards.label_delays AS
WITH newest AS (
    SELECT MAX(l.labelled_at) AS known_at
    FROM labels AS l
    WHERE l.labelled_at <= NOW() AT TIME ZONE 'UTC'
),

first_labels AS (
    SELECT
        l.transaction_id,
        MIN(l.labelled_at) AS labelled_at,
        MIN(COALESCE(l.event_time, p.event_time)) AS event_time
    FROM labels AS l
    LEFT JOIN scored_payments AS p
        ON l.event_time IS NULL AND l.transaction_id = p.transaction_id
    WHERE l.is_fraud AND l.labelled_at <= NOW() AT TIME ZONE 'UTC'
    GROUP BY l.transaction_id
),

delays AS (
    SELECT
        FLOOR(EXTRACT(EPOCH FROM (f.labelled_at - f.event_time)) / 3600)::integer AS delay_hours,
        FLOOR(EXTRACT(EPOCH FROM (n.known_at - f.event_time)) / 3600)::integer AS age_hours
    FROM first_labels AS f
    CROSS JOIN newest AS n
    WHERE
        -- A label older than its payment says nothing of how long labels take.
        f.labelled_at >= f.event_time
        AND f.labelled_at < f.event_time + INTERVAL '180 days'  -- noqa: CP05
),

total AS (
    SELECT COALESCE(COUNT(*) >= 100 AND MAX(d.age_hours) >= 24 * 28, FALSE) AS is_measured
    FROM delays AS d
),

by_delay AS (
    SELECT
        d.delay_hours,
        COUNT(*) AS label_count
    FROM delays AS d
    GROUP BY d.delay_hours
),

by_age AS (
    SELECT
        d.age_hours,
        COUNT(*) AS label_count
    FROM delays AS d
    GROUP BY d.age_hours
),

hours AS (
    SELECT
        s.hour,
        COALESCE(b.label_count, 0) AS with_delay,
        -- Labels that had come by then, without those of payments that are younger.
        SUM(COALESCE(b.label_count, 0)) OVER (ORDER BY s.hour)
        - SUM(COALESCE(a.label_count, 0)) OVER (ORDER BY s.hour) AS at_risk
    FROM GENERATE_SERIES(0, 24 * 180) AS s (hour)
    LEFT JOIN by_delay AS b ON s.hour = b.delay_hours
    -- One hour later: an age of exactly this hour is old enough.
    LEFT JOIN by_age AS a ON s.hour = a.age_hours + 1
),

products AS (
    SELECT
        t.hour,
        EXP(
            -- No further down: EXP refuses what a number cannot hold.
            GREATEST(
                -100,
                COALESCE(
                    SUM(
                        CASE
                            WHEN t.with_delay = 0 THEN 0
                            WHEN t.with_delay >= t.at_risk THEN -100
                            ELSE LN(1 - t.with_delay / t.at_risk)
                        END
                    ) OVER (
                        ORDER BY t.hour DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ),
                    0
                )
            )
        ) AS arrived_share
    FROM hours AS t
)

SELECT
    p.hour AS age_hours,
    n.known_at,
    t.is_measured,
    CASE
        WHEN t.is_measured THEN p.arrived_share
        WHEN p.hour >= 24 * 21 THEN 1
        ELSE 0
    END::double precision AS arrived_share
FROM products AS p
CROSS JOIN newest AS n
CROSS JOIN total AS t;

-- Lets it be refreshed while somebody reads it.
CREATE UNIQUE INDEX label_delays_age_idx ON dashboards.label_delays (age_hours)
