-- duplicate_payments: record every copy of an earlier payment.
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
