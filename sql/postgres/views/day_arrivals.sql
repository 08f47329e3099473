-- day_arrivals: which share of the labels of a day's payments has come.
--
-- Grain:   one row per day with scored payments
-- Reads:   score_counts, label_delays
-- Units:   day_at is the day's beginning in UTC; arrived_share in [0, 1]
-- Source:  the mean over the hours of the day
CREATE VIEW dashboards.day_arrivals AS
WITH days AS (
    SELECT DISTINCT s.day_at
    FROM dashboards.score_counts AS s
),

times AS (
    SELECT
        d.day_at,
        d.day_at + h.hours * INTERVAL '1 hour' AS event_time
    FROM days AS d
    CROSS JOIN GENERATE_SERIES(0, 23) AS h (hours)
),

newest AS (
    SELECT MAX(l.known_at) AS known_at
    FROM dashboards.label_delays AS l
)

SELECT
    t.day_at,
    AVG(COALESCE(l.arrived_share, 0)) AS arrived_share
FROM times AS t
CROSS JOIN newest AS n
LEFT JOIN dashboards.label_delays AS l
    ON l.age_hours = dashboards.label_age_hours(n.known_at, t.event_time)
GROUP BY t.day_at
