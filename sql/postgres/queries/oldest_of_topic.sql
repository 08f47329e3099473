-- oldest_of_topic: the time of the oldest payment that is stored from the present topic.
--
-- Grain:   one row, or none without a payment
-- Reads:   scored_payments
-- Units:   UTC epoch milliseconds
SELECT event_ms
FROM scored_payments
WHERE arrived_at >= (SELECT topic_begins_at(%(topic)s))
ORDER BY event_time
LIMIT 1
