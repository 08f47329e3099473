-- recent_payment_sums: rows of payment_sums for what was stored after the frontier.
--
-- Grain:   as in payment_sums
-- Reads:   roll_up_frontier, payment_sums_between
-- Units:   as in payment_sums
-- Source:  runs as the owner, so that readers of a view need no rights on the tables behind it
CREATE FUNCTION dashboards.recent_payment_sums()
RETURNS SETOF dashboards.payment_sums  -- noqa: CP05
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
ROWS 500
AS $$
DECLARE
    frontier dashboards.roll_up_frontier;
BEGIN
    SELECT f.* INTO frontier FROM dashboards.roll_up_frontier AS f;
    RETURN QUERY
    SELECT b.*
    FROM dashboards.payment_sums_between(
        COALESCE(frontier.stored_up_to, '-infinity'),
        'infinity', '-infinity', 'infinity',
        COALESCE(frontier.fine_from, '-infinity')
    ) AS b;
END
$$
