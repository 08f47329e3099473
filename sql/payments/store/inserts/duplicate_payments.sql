-- duplicate_payments: note every copy of a payment that was seen before.
--
-- Grain:   one row per copy
-- Reads:   messages_new
-- Source:  docs/architecture.md, "Nothing is lost in silence"
INSERT INTO duplicate_payments
SELECT
    *,
    '${PAYMENTS_TOPIC}' AS kafka_topic
FROM messages_new
WHERE outcome = 'copy'
