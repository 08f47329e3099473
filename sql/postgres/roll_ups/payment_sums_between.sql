-- payment_sums_between: rows of payment_sums, counted from the payments themselves.
--
-- Grain:   as in payment_sums
-- Reads:   payment_facts
-- Units:   as in payment_sums
-- Source:  a function, so that the planner knows the times and uses their index
CREATE FUNCTION dashboards.payment_sums_between(
    stored_after timestamptz,
    stored_up_to timestamptz,
    event_from timestamp,
    event_before timestamp,
    fine_from timestamp
) RETURNS SETOF dashboards.payment_sums  -- noqa: CP05
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
    SELECT
        CASE
            WHEN p.event_time < $5 THEN DATE_TRUNC('hour', p.event_time)
            ELSE DATE_BIN('10 minutes', p.event_time, TIMESTAMP '2000-01-01')
        END,
        p.currency,
        p.channel,
        p.merchant_category,
        p.merchant_country,
        p.customer_group,
        COUNT(*),
        SUM(p.amount_cents)::bigint,
        COUNT(*) FILTER (WHERE p.decision <> 'approve'),
        COALESCE(SUM(p.amount_cents) FILTER (WHERE p.decision <> 'approve'), 0)::bigint,
        COUNT(*) FILTER (WHERE p.decision = 'block')
    FROM dashboards.payment_facts AS p
    WHERE
        p.stored_at > $1
        AND p.stored_at <= $2
        AND p.event_time >= $3
        AND p.event_time < $4
    GROUP BY 1, 2, 3, 4, 5, 6;
END
$$
