-- arrived_between: payments that reached the topic in a span of time, and those out of order.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Source:  out of order means older than the card's newest payment; copies, conflicts and rejected
--          messages do not count
SELECT
    COUNT(*) AS payments,
    COUNT(*) FILTER (WHERE came_behind_ms > 0) AS behind
FROM scored_payments
WHERE
    %(begin)s AT TIME ZONE 'UTC' <= arrived_at
    AND %(end)s AT TIME ZONE 'UTC' > arrived_at
