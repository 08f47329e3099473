-- feature_drift: how far each feature of a day is from what its model learned from.
--
-- Grain:   one row per day, model version and feature; the score is there like a feature, with the
--          test part in place of what was learned from
-- Reads:   model_feature_bins, feature_counts
-- Units:   event_time is the day's beginning in UTC; psi is a population stability index, shares
--          are in [0, 1], importance sums to 1 over a model's features and is NULL for the score.
--          payment_count is of a sample, see feature_counts. moved_bin is the bin that moved most:
--          0 is unknown, the last but one is the highest or the last text, one more is text that
--          training never saw
-- Source:  Siddiqi 2006, Credit Risk Scorecards, "system stability". psi_limit is three times what
--          was usual from day to day when the model was made, at least 0.02 and, where nobody
--          knows what was usual, 0.25, and on top of that four times what chance adds. The day that
--          is not over yet has odd hours
CREATE VIEW dashboards.feature_drift AS
WITH trained AS (
    SELECT
        b.model_version,
        b.feature,
        b.kind,
        b.importance,
        b.usual_psi,
        CARDINALITY(b.shares) AS bin_count,
        t.place - 1 AS bin_number,
        t.share
    FROM model_feature_bins AS b
    CROSS JOIN
        LATERAL UNNEST(b.unknown_share || b.shares || 0::double precision)
        WITH ORDINALITY AS t (share, place)
),

days AS (
    SELECT
        c.model_version,
        c.feature,
        c.day_at,
        SUM(c.payment_count) AS payment_count
    FROM dashboards.feature_counts AS c
    GROUP BY c.model_version, c.feature, c.day_at
),

bins AS (
    SELECT
        d.day_at,
        d.payment_count,
        t.model_version,
        t.feature,
        t.kind,
        t.importance,
        t.usual_psi,
        t.bin_count,
        t.bin_number,
        t.share AS trained_share,
        (COALESCE(c.payment_count, 0) / d.payment_count)::double precision AS share
    FROM days AS d
    INNER JOIN trained AS t ON d.model_version = t.model_version AND d.feature = t.feature
    LEFT JOIN dashboards.feature_counts AS c
        ON
            d.model_version = c.model_version
            AND d.feature = c.feature
            AND d.day_at = c.day_at
            AND t.bin_number = c.bin_number
),

moved AS (
    SELECT
        b.day_at,
        b.payment_count,
        b.model_version,
        b.feature,
        b.kind,
        b.importance,
        b.usual_psi,
        b.bin_count,
        b.bin_number,
        b.trained_share,
        b.share,
        -- The smallest share of training/measure/stability.py.
        (GREATEST(b.share, 0.0001) - GREATEST(b.trained_share, 0.0001))
        * LN(GREATEST(b.share, 0.0001) / GREATEST(b.trained_share, 0.0001)) AS part
    FROM bins AS b
),

indexes AS (
    SELECT
        m.day_at,
        m.model_version,
        m.feature,
        m.kind,
        m.importance,
        m.usual_psi,
        m.bin_count,
        m.payment_count,
        SUM(m.part) AS psi,
        SUM(m.share) FILTER (WHERE m.bin_number = 0) AS unknown_share,
        SUM(m.trained_share) FILTER (WHERE m.bin_number = 0) AS trained_unknown_share,
        SUM(m.share) FILTER (WHERE m.bin_number > m.bin_count) AS unseen_share,
        (ARRAY_AGG(m.bin_number ORDER BY m.part DESC, m.bin_number ASC))[1] AS moved_bin,
        (ARRAY_AGG(m.share ORDER BY m.part DESC, m.bin_number ASC))[1] AS moved_share,
        (ARRAY_AGG(m.trained_share ORDER BY m.part DESC, m.bin_number ASC))[1]
            AS moved_trained_share
    FROM moved AS m
    GROUP BY
        m.day_at,
        m.model_version,
        m.feature,
        m.kind,
        m.importance,
        m.usual_psi,
        m.bin_count,
        m.payment_count
)

SELECT
    day_at AS event_time,
    model_version,
    feature,
    kind,
    importance,
    payment_count::bigint AS payment_count,
    psi,
    GREATEST(0.02, COALESCE(3 * usual_psi, 0.25))
    + (4 * bin_count / payment_count)::double precision AS psi_limit,
    unknown_share,
    trained_unknown_share,
    unseen_share,
    moved_bin::integer AS moved_bin,
    moved_share,
    moved_trained_share
FROM indexes
