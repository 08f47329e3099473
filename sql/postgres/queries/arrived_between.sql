-- arrived_between: payments that reached the topic in a span of time, and those of them late.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Units:   none
-- Source:  copies and rejected messages do not count
SELECT
    COUNT(*) AS payments,
    COUNT(*) FILTER (WHERE is_late) AS late
FROM scored_payments
WHERE
    %(begin)s AT TIME ZONE 'UTC' <= arrived_at
    AND %(end)s AT TIME ZONE 'UTC' > arrived_at
