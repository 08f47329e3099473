-- outcomes: what became of the messages that came after a point in the topic.
--
-- Grain:   one row
-- Reads:   first_offsets, payment_latencies, duplicate_payments, conflicting_payments,
--          rejected_payments
-- Units:   latencies in milliseconds, of payments that came in order
-- Source:  each message has one outcome
WITH scored AS (
    SELECT
        p.decision,
        p.is_degraded,
        p.latency_ms,
        p.event_time > (NOW() AT TIME ZONE 'UTC') - INTERVAL '10 seconds' AS is_recent
    FROM first_offsets AS f
    INNER JOIN payment_latencies AS p
        ON f.kafka_partition = p.kafka_partition AND f.first_offset <= p.kafka_offset
),

rejected AS (
    SELECT COUNT(*) AS message_count
    FROM first_offsets AS f
    INNER JOIN rejected_payments AS r
        ON f.kafka_partition = r.kafka_partition AND f.first_offset <= r.kafka_offset
    WHERE %(topic)s = r.kafka_topic
),

duplicates AS (
    SELECT COUNT(*) AS message_count
    FROM first_offsets AS f
    INNER JOIN duplicate_payments AS d
        ON f.kafka_partition = d.kafka_partition AND f.first_offset <= d.kafka_offset
    WHERE %(topic)s = d.kafka_topic
),

conflicts AS (
    SELECT COUNT(*) AS message_count
    FROM first_offsets AS f
    INNER JOIN conflicting_payments AS c
        ON f.kafka_partition = c.kafka_partition AND f.first_offset <= c.kafka_offset
    WHERE %(topic)s = c.kafka_topic
)

SELECT
    (SELECT rejected.message_count FROM rejected) AS rejected,
    (SELECT duplicates.message_count FROM duplicates) AS duplicates,
    (SELECT conflicts.message_count FROM conflicts) AS conflicts,
    COUNT(*) AS scored,
    COUNT(*) FILTER (WHERE decision = 'review') AS review,
    COUNT(*) FILTER (WHERE decision = 'block') AS block,
    COUNT(*) FILTER (WHERE is_degraded) AS degraded,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY latency_ms) AS p50_ms,
    PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY latency_ms) AS p99_ms,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE is_recent)
        AS recent_p50_ms,
    PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE is_recent)
        AS recent_p99_ms
FROM scored
