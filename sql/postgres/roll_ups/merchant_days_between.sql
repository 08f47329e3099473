-- merchant_days_between: rows of merchant_days, counted from the payments themselves.
--
-- Grain:   as in merchant_days
-- Reads:   attack_signs
-- Units:   as in merchant_days
-- Source:  a function, so that the planner knows the times and uses their index. Of the last
--          35 days
CREATE FUNCTION dashboards.merchant_days_between(
    stored_after timestamptz, stored_up_to timestamptz
) RETURNS SETOF dashboards.merchant_days  -- noqa: CP05
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
    SELECT
        DATE_TRUNC('day', a.event_time),
        a.merchant_id,
        COUNT(*),
        COUNT(*) FILTER (WHERE a.is_small),
        COUNT(*) FILTER (WHERE a.is_high)
    FROM dashboards.attack_signs AS a
    WHERE
        a.stored_at > $1
        AND a.stored_at <= $2
        AND a.event_time >= DATE_TRUNC('day', NOW() AT TIME ZONE 'UTC' - INTERVAL '35 days')
    GROUP BY DATE_TRUNC('day', a.event_time), a.merchant_id;
END
$$
