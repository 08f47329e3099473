-- rejected_payments: keep every message that is no usable payment, with the reason.
--
-- Grain:   one row per rejected Kafka message
-- Reads:   messages_new
-- Source:  the payload follows from Kafka: swipestream/followers/reject_payloads.py keeps the exact
--          bytes, which SQL no longer has
INSERT INTO rejected_payments
SELECT
    *,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    COALESCE(reason, 'event_ms is more than 9 days before the newest of its card') AS reason,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS rejected_at
FROM messages_new
WHERE outcome IN ('skipped', 'too_old')
