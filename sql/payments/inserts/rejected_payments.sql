-- rejected_payments: keep every message that is no usable payment, with the reason.
--
-- Grain:   one row per rejected Kafka message
-- Reads:   payments_checked, payment_lines
-- Window:  none
-- Units:   none
-- Late:    does not matter to a rejected message
-- Source:  docs/rejected_payments.md; the payload follows from Kafka by swipestream/reject_payloads.py
INSERT INTO rejected_payments
SELECT
    kafka_partition,
    kafka_offset,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    reason,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS rejected_at
FROM payments_checked
WHERE reason IS NOT NULL
UNION ALL
SELECT
    kafka_partition,
    kafka_offset,
    '${PAYMENTS_TOPIC}' AS kafka_topic,
    CASE
        WHEN line IS NULL OR line = '' THEN 'the message is empty'
        WHEN line IS JSON THEN 'the message is JSON but not an object'
        ELSE 'the message is not JSON'
    END AS reason,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS rejected_at
FROM payment_lines
WHERE (line IS JSON OBJECT) IS NOT TRUE
