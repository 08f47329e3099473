-- newest_with_prefix: the newest payment whose transaction_id begins as given.
--
-- Grain:   one row, or none
-- Reads:   scored_payments
-- Units:   event_ms is UTC epoch milliseconds
-- Source:  the payments of a simulated world begin with p- and its seed
SELECT event_ms
FROM scored_payments
WHERE STARTS_WITH(transaction_id, %(prefix)s)
ORDER BY event_time DESC
LIMIT 1
