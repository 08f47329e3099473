-- pipeline_now: whether payments are being scored at this moment, and whether all else is well.
--
-- Grain:   one row per question, by position
-- Reads:   pipeline_samples, pipeline_state, pipeline_latency, decisions, scored_payments
-- Units:   looked_at and as_of in UTC; answer and goal are text; verdict is good, watch, bad or
--          off, light the same as HTML
-- Source:  the goals of latency are those of README.md; the others leave room for a restart. A
--          sample older than a minute counts as unknown. looked_at is empty if there is none.
--          as_of is for ranges of time: all that end now hold it, however old the newest sample is.
--          It is a minute ago, because Superset's "now" is a whole second before the query, by a
--          clock that may be another
CREATE VIEW dashboards.pipeline_now AS
WITH newest AS (
    SELECT
        s.sampled_at,
        s.job_state,
        s.checkpoint_age_seconds,
        s.waiting_count,
        s.api_state,
        s.desk_state
    FROM dashboards.pipeline_samples AS s
    ORDER BY s.sampled_at DESC
    LIMIT 1
),

sample AS (
    SELECT
        n.job_state,
        n.checkpoint_age_seconds,
        n.waiting_count,
        n.api_state,
        n.desk_state,
        n.sampled_at AT TIME ZONE 'UTC' AS looked_at,
        n.sampled_at > NOW() - INTERVAL '1 minute' AS is_fresh
    FROM newest AS n
    UNION ALL
    SELECT
        'unknown' AS job_state,
        NULL AS checkpoint_age_seconds,
        NULL AS waiting_count,
        NULL AS api_state,
        NULL AS desk_state,
        NULL AS looked_at,
        FALSE AS is_fresh
    WHERE NOT EXISTS (SELECT FROM newest)
),

newest_minute AS (
    SELECT MAX(l.minute_at) AS minute_at
    FROM dashboards.pipeline_latency AS l
    WHERE l.payment_count > 0
),

newest_payment AS (
    SELECT MAX(p.stored_at) AT TIME ZONE 'UTC' AS stored_at
    FROM scored_payments AS p
    WHERE p.stored_at > NOW() - INTERVAL '2 minutes'
),

payment AS (
    SELECT
        EXTRACT(
            EPOCH FROM NOW() AT TIME ZONE 'UTC' - COALESCE(p.stored_at, m.minute_at)
        ) AS silent_seconds
    FROM newest_payment AS p
    CROSS JOIN newest_minute AS m
),

full_minute AS (
    SELECT
        l.payment_count,
        l.p99_ms
    FROM dashboards.pipeline_latency AS l
    WHERE
        l.minute_at = DATE_TRUNC('minute', NOW() AT TIME ZONE 'UTC') - INTERVAL '1 minute'
),

hour_of_payments AS (
    SELECT COALESCE(SUM(l.unscored_count), 0) AS unscored_count
    FROM dashboards.pipeline_latency AS l
    WHERE l.minute_at > NOW() AT TIME ZONE 'UTC' - INTERVAL '1 hour'
),

hour_of_samples AS (
    SELECT COALESCE(SUM(s.restart_count), 0) AS restart_count
    FROM dashboards.pipeline_state AS s
    WHERE s.sampled_at > NOW() AT TIME ZONE 'UTC' - INTERVAL '1 hour'
),

decision AS (
    SELECT EXTRACT(EPOCH FROM NOW() - MAX(d.decided_at)) AS silent_seconds
    FROM decisions AS d
),

answers AS (
    SELECT
        1 AS position,
        'Are payments being scored?' AS question,
        s.looked_at,
        CASE
            WHEN NOT s.is_fresh THEN 'not known: nobody has looked for a minute'
            WHEN s.job_state <> 'RUNNING' THEN 'no: the job is ' || LOWER(s.job_state)
            WHEN p.silent_seconds IS NULL THEN 'no payment yet'
            WHEN p.silent_seconds > 120
                THEN 'no payment for ' || dashboards.duration_in_words(p.silent_seconds)
            ELSE
                'yes, the last one '
                || dashboards.duration_in_words(p.silent_seconds)
                || ' ago'
                || CASE
                    WHEN m.payment_count > 0
                        THEN ', ' || ROUND(m.payment_count / 60.0, 1) || ' a second'
                    ELSE ''
                END
        END AS answer,
        'a payment within 2 min' AS goal,
        CASE
            WHEN NOT s.is_fresh THEN 'watch'
            WHEN s.job_state <> 'RUNNING' THEN 'bad'
            WHEN p.silent_seconds <= 120 THEN 'good'
            ELSE 'watch'
        END AS verdict
    FROM sample AS s
    CROSS JOIN payment AS p
    LEFT JOIN full_minute AS m ON TRUE
    UNION ALL
    SELECT
        2 AS position,
        'How long until a payment is stored?' AS question,
        s.looked_at,
        COALESCE(ROUND(m.p99_ms) || ' ms for 99 of 100', 'no live payment in the last minute')
            AS answer,
        'below 500 ms' AS goal,
        CASE
            WHEN m.p99_ms IS NULL THEN 'off'
            WHEN m.p99_ms <= 500 THEN 'good'
            WHEN m.p99_ms <= 2000 THEN 'watch'
            ELSE 'bad'
        END AS verdict
    FROM sample AS s
    LEFT JOIN full_minute AS m ON TRUE
    UNION ALL
    SELECT
        3 AS position,
        'How many messages wait?' AS question,
        s.looked_at,
        CASE
            WHEN s.is_fresh AND s.waiting_count IS NOT NULL
                THEN TRIM(TO_CHAR(s.waiting_count, '999,999,999,990'))
            ELSE 'not known'
        END AS answer,
        'below 1,000' AS goal,
        CASE
            WHEN NOT s.is_fresh OR s.waiting_count IS NULL THEN 'off'
            WHEN s.waiting_count < 1000 THEN 'good'
            WHEN s.waiting_count < 100000 THEN 'watch'
            ELSE 'bad'
        END AS verdict
    FROM sample AS s
    UNION ALL
    SELECT
        4 AS position,
        'How old is the newest checkpoint?' AS question,
        s.looked_at,
        CASE
            WHEN s.is_fresh AND s.checkpoint_age_seconds IS NOT NULL
                THEN dashboards.duration_in_words(s.checkpoint_age_seconds)
            ELSE 'not known'
        END AS answer,
        'below 1 min' AS goal,
        CASE
            WHEN NOT s.is_fresh OR s.checkpoint_age_seconds IS NULL THEN 'off'
            WHEN s.checkpoint_age_seconds < 60 THEN 'good'
            WHEN s.checkpoint_age_seconds < 300 THEN 'watch'
            ELSE 'bad'
        END AS verdict
    FROM sample AS s
    UNION ALL
    SELECT
        5 AS position,
        'How often did the job begin again?' AS question,
        s.looked_at,
        CASE h.restart_count
            WHEN 0 THEN 'not in the last hour'
            ELSE h.restart_count || ' in the last hour'
        END AS answer,
        'not at all' AS goal,
        CASE
            WHEN h.restart_count = 0 THEN 'good'
            WHEN h.restart_count < 3 THEN 'watch'
            ELSE 'bad'
        END AS verdict
    FROM sample AS s
    CROSS JOIN hour_of_samples AS h
    UNION ALL
    SELECT
        6 AS position,
        'Does every payment get a score?' AS question,
        s.looked_at,
        CASE h.unscored_count
            WHEN 0 THEN 'yes, in the last hour'
            ELSE h.unscored_count || ' without in the last hour'
        END AS answer,
        'every one' AS goal,
        CASE WHEN h.unscored_count = 0 THEN 'good' ELSE 'bad' END AS verdict
    FROM sample AS s
    CROSS JOIN hour_of_payments AS h
    UNION ALL
    SELECT
        7 AS position,
        'Does the decision API answer?' AS question,
        s.looked_at,
        CASE
            WHEN NOT s.is_fresh THEN 'not known'
            WHEN s.api_state IS NULL THEN 'is not a part of this stack'
            ELSE
                s.api_state
                || COALESCE(
                    ', last decision '
                    || dashboards.duration_in_words(d.silent_seconds)
                    || ' ago',
                    ''
                )
        END AS answer,
        'answers' AS goal,
        CASE
            WHEN NOT s.is_fresh OR s.api_state IS NULL THEN 'off'
            WHEN s.api_state = 'answers' THEN 'good'
            ELSE 'bad'
        END AS verdict
    FROM sample AS s
    CROSS JOIN decision AS d
    UNION ALL
    SELECT
        8 AS position,
        'Does the analyst''s desk answer?' AS question,
        s.looked_at,
        CASE
            WHEN NOT s.is_fresh THEN 'not known'
            WHEN s.desk_state IS NULL THEN 'is not a part of this stack'
            ELSE s.desk_state
        END AS answer,
        'answers' AS goal,
        CASE
            WHEN NOT s.is_fresh OR s.desk_state IS NULL THEN 'off'
            WHEN s.desk_state = 'answers' THEN 'good'
            ELSE 'bad'
        END AS verdict
    FROM sample AS s
)

SELECT
    position,
    question,
    looked_at,
    NOW() AT TIME ZONE 'UTC' - INTERVAL '1 minute' AS as_of,
    answer,
    goal,
    verdict,
    dashboards.chip(verdict, verdict) AS light
FROM answers
