-- feature_counts_up_to: rows of feature_counts for what was stored since the frontier.
--
-- Grain:   as in feature_counts
-- Reads:   feature_frontier, score_counts, scored_payments, model_feature_bins
-- Units:   as in feature_counts
-- Source:  a sample of the last 40 days: of each day so large a share that the day before (or the
--          day itself, if that one has none) gives 20,000 payments; at least one in a hundred.
--          Numbers are compared in single precision, as training has them
CREATE FUNCTION dashboards.feature_counts_up_to(
    stored_up_to timestamptz
) RETURNS SETOF dashboards.feature_counts  -- noqa: CP05
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    stored_after timestamptz := (
        SELECT MIN(f.stored_up_to) FROM dashboards.feature_frontier AS f
    );
    event_from timestamp := DATE_TRUNC('day', NOW() AT TIME ZONE 'UTC' - INTERVAL '40 days');
BEGIN
    RETURN QUERY
    WITH days AS (
        SELECT
            s.day_at,
            SUM(s.payment_count) AS payment_count
        FROM dashboards.score_counts AS s
        WHERE s.role = 'champion' AND s.day_at >= event_from - INTERVAL '1 day'
        GROUP BY s.day_at
    ),

    day_shares AS (
        SELECT
            d.day_at,
            GREATEST(0.01, 20000 / COALESCE(b.payment_count, d.payment_count)) AS share
        FROM days AS d
        LEFT JOIN days AS b ON d.day_at = b.day_at + INTERVAL '1 day'
    ),

    sampled AS (
        SELECT
            DATE_TRUNC('day', p.event_time) AS day_at,
            p.model_version,
            TO_JSONB(p) AS columns
        FROM scored_payments AS p
        INNER JOIN dashboards.feature_frontier AS f
            ON p.model_version = f.model_version AND p.stored_at > f.stored_up_to
        LEFT JOIN day_shares AS d ON DATE_TRUNC('day', p.event_time) = d.day_at
        WHERE
            p.stored_at > stored_after
            AND p.stored_at <= $1
            AND p.event_time >= event_from
            AND dashboards.sample_place(p.transaction_id) < COALESCE(d.share, 1)
    ),

    told AS (
        SELECT
            s.day_at,
            s.model_version,
            b.feature,
            b.kind,
            b.edges,
            b.categories,
            t.value
        FROM sampled AS s
        CROSS JOIN LATERAL JSONB_EACH_TEXT(s.columns) AS t
        INNER JOIN model_feature_bins AS b
            ON s.model_version = b.model_version AND t.key = b.feature
    ),

    binned AS (
        SELECT
            t.day_at,
            t.model_version,
            t.feature,
            CASE
                WHEN t.value IS NULL THEN 0
                WHEN t.kind = 'categorical'
                    THEN COALESCE(
                        ARRAY_POSITION(t.categories, t.value), CARDINALITY(t.categories) + 1
                    )
                ELSE
                    -- A bin ends with its right edge, WIDTH_BUCKET's begin with their left one.
                    1 + WIDTH_BUCKET(t.value::real::double precision, t.edges)
                    - (t.value::real::double precision = ANY(t.edges))::integer
            END AS bin_number
        FROM told AS t
    )

    SELECT
        b.day_at,
        b.model_version,
        b.feature,
        b.bin_number,
        COUNT(*)
    FROM binned AS b
    GROUP BY b.day_at, b.model_version, b.feature, b.bin_number;
END
$$
