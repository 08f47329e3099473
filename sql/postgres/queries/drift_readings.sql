-- drift_readings: what each signal was, features included, of one model or of all payments.
--
-- Grain:   one row per signal, subject and period, the oldest first; the period that is not over
--          yet is left out
-- Reads:   feature_drift, drift_signals
-- Units:   as in drift_signals; subject is a feature or empty
-- Source:  docs/drift.md
WITH asked (model_version) AS (
    VALUES (%(model_version)s)
),

features AS (
    SELECT
        f.event_time,
        86400 AS period_seconds,
        CASE f.kind WHEN 'score' THEN 'scores' ELSE 'feature' END AS signal,
        CASE f.kind WHEN 'score' THEN '' ELSE f.feature END AS subject,
        -- A value that a look-up or a sender no longer gives does not mean that habits changed.
        CASE WHEN f.moved_bin = 0 OR f.unseen_share > 0.01 THEN 'data quality' ELSE 'drift' END
            AS kind,
        f.model_version,
        f.psi AS value,
        0::double precision AS expected,
        NULL::double precision AS low_limit,
        f.psi_limit AS high_limit,
        f.payment_count,
        f.payment_count >= 1000 AS is_enough,
        f.payment_count >= 1000 AND f.psi > f.psi_limit AS is_over,
        f.importance,
        f.unknown_share,
        f.moved_bin,
        f.moved_share,
        f.moved_trained_share
    FROM asked AS a
    INNER JOIN dashboards.feature_drift AS f ON a.model_version = f.model_version
    WHERE f.event_time + interval '1 day' <= NOW() AT TIME ZONE 'UTC'
),

signals AS (
    SELECT
        s.event_time,
        s.period_seconds,
        s.signal,
        '' AS subject,
        s.kind,
        s.model_version,
        s.value,
        s.expected,
        s.low_limit,
        s.high_limit,
        s.payment_count,
        s.is_enough,
        s.is_over,
        NULL::double precision AS importance,
        NULL::double precision AS unknown_share,
        NULL::integer AS moved_bin,
        NULL::double precision AS moved_share,
        NULL::double precision AS moved_trained_share
    FROM asked AS a
    CROSS JOIN dashboards.drift_signals AS s
    WHERE s.model_version IS NULL OR a.model_version = s.model_version
),

readings AS (
    SELECT * FROM features
    UNION ALL
    SELECT * FROM signals
)

SELECT
    r.event_time,
    r.period_seconds,
    r.signal,
    r.subject,
    r.kind,
    r.model_version,
    r.value,
    r.expected,
    r.low_limit,
    r.high_limit,
    r.payment_count,
    r.is_enough,
    r.is_over,
    r.importance,
    r.unknown_share,
    r.moved_bin,
    r.moved_share,
    r.moved_trained_share
FROM readings AS r
ORDER BY r.signal, r.subject, r.event_time
