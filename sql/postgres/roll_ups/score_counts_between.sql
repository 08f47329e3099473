-- score_counts_between: rows of score_counts, counted from the payments themselves.
--
-- Grain:   as score_counts
-- Reads:   scored_payments
-- Units:   as score_counts
-- Source:  a function, so that the planner sees the times and takes their index
CREATE FUNCTION dashboards.score_counts_between(
    stored_after timestamptz, stored_up_to timestamptz
) RETURNS SETOF dashboards.score_counts  -- noqa: CP05
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
    SELECT
        DATE_TRUNC('day', p.event_time),
        COALESCE(p.model_version, 'unknown'),
        LEAST(FLOOR(p.score * 1000), 999)::integer,
        COUNT(*)
    FROM scored_payments AS p
    WHERE p.stored_at > $1 AND p.stored_at <= $2 AND p.score IS NOT NULL
    GROUP BY 1, 2, 3;
END
$$
