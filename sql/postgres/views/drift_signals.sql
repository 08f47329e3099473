-- drift_signals: what is watched besides single features, each held against what is usual.
--
-- Grain:   one row per day (per hour for the alert rate) and signal; the period that is not over
--          yet is left out
-- Reads:   feature_drift, message_outcomes, pipeline_latency, payment_sums, review_load,
--          model_rates, day_arrivals, model_facts
-- Units:   event_time is the beginning of the day or hour in UTC, of arrival for shares of
--          messages; of 40 days. Precision and recall are of the 14 days up to and including the
--          day. Shares are in [0, 1], "features together" is a population stability index,
--          "reviews" are payments a day. payment_count is what the value is of: payments, messages,
--          alerts (precision) or known frauds (recall). NULL limits are none
-- Source:  shares of messages: three times the median of the 14 days before, and one in a hundred.
--          Alert rate: three times the median hour of the week before and ten alerts, or a fifth of
--          it. Precision and recall count days that nine in ten labels have come for; the value is
--          the most that they can be (rate_bound), the limit seven tenths of what the model's test
--          part promised
CREATE VIEW dashboards.drift_signals AS
WITH parameters AS (
    SELECT DATE_TRUNC('day', NOW() AT TIME ZONE 'UTC') - interval '40 days' AS begin_at
),

together AS (
    SELECT
        f.event_time,
        f.model_version,
        SUM(f.importance * f.psi) AS psi,
        SUM(f.importance * f.psi_limit) AS psi_limit,
        MIN(f.payment_count) AS payment_count
    FROM dashboards.feature_drift AS f
    WHERE f.importance IS NOT NULL
    GROUP BY f.event_time, f.model_version
),

lookups AS (
    SELECT
        f.event_time,
        f.model_version,
        CASE f.feature WHEN 'account_age_days' THEN 'unknown customers' ELSE 'unknown merchants' END
            AS signal,
        f.unknown_share,
        f.trained_unknown_share,
        f.payment_count
    FROM dashboards.feature_drift AS f
    -- Nothing but the look-up says them.
    WHERE f.feature IN ('account_age_days', 'merchant_category')
),

messages AS (
    SELECT
        DATE_TRUNC('day', o.minute_at) AS day_at,
        SUM(o.message_count) AS message_count,
        SUM(o.message_count) FILTER (WHERE o.outcome = 'duplicate') AS duplicate_count,
        SUM(o.message_count) FILTER (WHERE o.outcome = 'conflict') AS conflict_count,
        SUM(o.message_count) FILTER (WHERE o.outcome = 'rejected') AS rejected_count
    FROM dashboards.message_outcomes AS o
    CROSS JOIN parameters AS g
    WHERE o.minute_at >= g.begin_at
    GROUP BY DATE_TRUNC('day', o.minute_at)
),

unscored AS (
    SELECT
        DATE_TRUNC('day', l.minute_at) AS day_at,
        SUM(l.unscored_count) AS unscored_count
    FROM dashboards.pipeline_latency AS l
    CROSS JOIN parameters AS g
    WHERE l.minute_at >= g.begin_at
    GROUP BY DATE_TRUNC('day', l.minute_at)
),

outcomes AS (
    SELECT
        m.day_at,
        t.signal,
        m.message_count,
        COALESCE(t.part_count, 0) / m.message_count AS share
    FROM messages AS m
    LEFT JOIN unscored AS u ON m.day_at = u.day_at
    CROSS JOIN LATERAL (
        VALUES
        ('duplicates', m.duplicate_count),
        ('conflicts', m.conflict_count),
        ('rejected', m.rejected_count),
        ('without a score', u.unscored_count)
    ) AS t (signal, part_count)
),

usual_outcomes AS (
    SELECT
        o.day_at,
        o.signal,
        o.message_count,
        o.share,
        COUNT(b.share) AS usual_days,
        PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY b.share) AS usual_share
    FROM outcomes AS o
    LEFT JOIN outcomes AS b
        ON
            o.signal = b.signal
            AND o.day_at > b.day_at
            AND o.day_at <= b.day_at + interval '14 days'
            AND b.message_count >= 1000
    GROUP BY o.day_at, o.signal, o.message_count, o.share
),

hours AS (
    SELECT
        DATE_TRUNC('hour', s.bucket_at) AS hour_at,
        SUM(s.payment_count) AS payment_count,
        SUM(s.suspected_count) AS alert_count
    FROM dashboards.payment_sums AS s
    WHERE s.bucket_at >= NOW() AT TIME ZONE 'UTC' - interval '16 days'
    GROUP BY DATE_TRUNC('hour', s.bucket_at)
),

usual_hours AS (
    SELECT
        h.hour_at,
        h.payment_count,
        h.alert_count,
        COUNT(b.hour_at) AS usual_hours,
        PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY b.alert_count / b.payment_count)
            AS usual_share
    FROM hours AS h
    LEFT JOIN hours AS b
        ON
            h.hour_at > b.hour_at
            AND h.hour_at <= b.hour_at + interval '7 days'
            AND b.payment_count >= 200
    WHERE h.hour_at >= NOW() AT TIME ZONE 'UTC' - interval '8 days'
    GROUP BY h.hour_at, h.payment_count, h.alert_count
),

known AS (
    SELECT
        r.event_time,
        r.model_version,
        r.measure,
        SUM(r.found_count) OVER fortnight AS found_count,
        SUM(r.least_count) OVER fortnight AS least_count,
        SUM(r.most_count) OVER fortnight AS most_count,
        SUM(r.payment_count) OVER fortnight AS payment_count,
        SUM(r.arrived_count) OVER fortnight AS arrived_count
    FROM dashboards.model_rates AS r
    INNER JOIN dashboards.day_arrivals AS d ON r.event_time = d.day_at
    WHERE r.series = 'expected' AND d.arrived_share >= 0.9
    WINDOW fortnight AS (
        PARTITION BY r.model_version, r.measure
        ORDER BY r.event_time
        RANGE BETWEEN INTERVAL '13 days' PRECEDING AND CURRENT ROW
    )
),

rates AS (
    SELECT
        k.event_time,
        k.model_version,
        k.measure,
        k.payment_count,
        dashboards.rate_bound(
            'at most',
            k.found_count::double precision,
            k.least_count::double precision,
            k.most_count::double precision,
            k.payment_count::double precision,
            k.arrived_count
        ) AS most,
        CASE k.measure WHEN 'precision' THEN f.tested_precision ELSE f.tested_recall END AS tested
    FROM known AS k
    CROSS JOIN parameters AS g
    INNER JOIN model_facts AS f ON k.model_version = f.model_version
    WHERE k.event_time >= g.begin_at - interval '20 days'
),

all_signals AS (
    SELECT
        t.event_time,
        86400 AS period_seconds,
        'features together' AS signal,
        'drift' AS kind,
        t.model_version,
        t.psi AS value,
        0 AS expected,
        NULL::double precision AS low_limit,
        t.psi_limit AS high_limit,
        t.payment_count,
        t.payment_count >= 1000 AS is_enough
    FROM together AS t
    UNION ALL
    SELECT
        l.event_time,
        86400 AS period_seconds,
        l.signal,
        'data quality' AS kind,
        l.model_version,
        l.unknown_share AS value,
        l.trained_unknown_share AS expected,
        NULL AS low_limit,
        GREATEST(3 * l.trained_unknown_share, l.trained_unknown_share + 0.02) AS high_limit,
        l.payment_count,
        l.payment_count >= 1000 AS is_enough
    FROM lookups AS l
    UNION ALL
    SELECT
        o.day_at AS event_time,
        86400 AS period_seconds,
        o.signal,
        'data quality' AS kind,
        NULL AS model_version,
        o.share AS value,
        o.usual_share AS expected,
        NULL AS low_limit,
        3 * o.usual_share + 0.01 AS high_limit,
        o.message_count AS payment_count,
        o.message_count >= 1000 AND o.usual_days >= 3 AS is_enough
    FROM usual_outcomes AS o
    UNION ALL
    SELECT
        h.hour_at AS event_time,
        3600 AS period_seconds,
        'alert rate' AS signal,
        'drift' AS kind,
        NULL AS model_version,
        h.alert_count / h.payment_count AS value,
        h.usual_share AS expected,
        CASE WHEN h.usual_share * h.payment_count >= 20 THEN h.usual_share / 5 END AS low_limit,
        3 * h.usual_share + (10 / h.payment_count)::double precision AS high_limit,
        h.payment_count,
        h.payment_count >= 200 AND h.usual_hours >= 24 AS is_enough
    FROM usual_hours AS h
    UNION ALL
    SELECT
        r.event_time,
        86400 AS period_seconds,
        'reviews' AS signal,
        'drift' AS kind,
        r.model_version,
        r.review_count AS value,
        r.review_capacity AS expected,
        NULL AS low_limit,
        2 * r.review_capacity AS high_limit,
        r.payment_count,
        r.payment_count >= 1000 AND r.review_capacity >= 10 AS is_enough
    FROM dashboards.review_load AS r
    CROSS JOIN parameters AS g
    WHERE r.event_time >= g.begin_at
    UNION ALL
    SELECT
        r.event_time,
        86400 AS period_seconds,
        r.measure AS signal,
        'drift' AS kind,
        r.model_version,
        r.most AS value,
        r.tested AS expected,
        0.7 * r.tested AS low_limit,
        NULL AS high_limit,
        r.payment_count,
        r.payment_count >= 50 AND r.tested IS NOT NULL AS is_enough
    FROM rates AS r
)

SELECT
    event_time,
    period_seconds,
    signal,
    kind,
    model_version,
    value::double precision AS value,
    expected::double precision AS expected,
    low_limit,
    high_limit::double precision AS high_limit,
    payment_count::bigint AS payment_count,
    COALESCE(is_enough, FALSE) AS is_enough,
    COALESCE(is_enough AND (value < low_limit OR value > high_limit), FALSE) AS is_over
FROM all_signals
WHERE event_time + period_seconds * interval '1 second' <= NOW() AT TIME ZONE 'UTC'
