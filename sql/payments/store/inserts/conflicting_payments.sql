-- conflicting_payments: keep every message whose card used its transaction_id for another payment.
--
-- Grain:   one row per conflicting message
-- Reads:   messages_new
-- Source:  docs/architecture.md, "Nothing is lost in silence"
INSERT INTO conflicting_payments
SELECT
    *,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    'another ' || differs AS reason
FROM messages_new
WHERE outcome = 'conflict'
