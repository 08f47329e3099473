-- newest_like: the newest payment whose transaction_id matches a LIKE pattern.
--
-- Grain:   one row, or none
-- Reads:   scored_payments
-- Units:   event_ms is UTC epoch milliseconds
-- Source:  the transaction_ids of a simulated world begin with p- and its seed
SELECT event_ms
FROM scored_payments
WHERE transaction_id LIKE %(pattern)s
ORDER BY event_time DESC
LIMIT 1
