-- conflicting_payments: keep every payment whose number its card has used for another one.
--
-- Grain:   one row per such message
-- Reads:   messages_new
-- Source:  docs/architecture.md, "Nothing is lost in silence"
INSERT INTO conflicting_payments
SELECT
    *,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    'another ' || differs AS reason
FROM messages_new
WHERE outcome = 'conflict'
