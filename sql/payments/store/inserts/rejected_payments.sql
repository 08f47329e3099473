-- rejected_payments: keep every message that is not a usable payment, with the reason.
--
-- Grain:   one row per rejected Kafka message
-- Reads:   messages_new
-- Source:  swipestream/followers/reject_payloads.py adds the payload from Kafka: SQL no longer has
--          the exact bytes
INSERT INTO rejected_payments
SELECT
    *,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    COALESCE(reason, 'event_ms is more than 32 days before the newest of its card') AS reason,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS rejected_at
FROM messages_new
WHERE outcome IN ('skipped', 'too_old')
