-- outcomes: what became of the messages that came after a point in the topic.
--
-- Grain:   one row
-- Reads:   first_offsets, payment_latencies, duplicate_payments, rejected_payments
-- Units:   latencies in milliseconds, of payments that came in time
-- Source:  each message counts once; a message that is rejected and also gave payments (a list)
--          counts as rejected
WITH rejected AS (
    SELECT
        r.kafka_partition,
        r.kafka_offset
    FROM first_offsets AS f
    INNER JOIN rejected_payments AS r
        ON f.kafka_partition = r.kafka_partition AND f.first_offset <= r.kafka_offset
    WHERE %(topic)s = r.kafka_topic
),

duplicates AS (
    SELECT
        d.kafka_partition,
        d.kafka_offset
    FROM first_offsets AS f
    INNER JOIN duplicate_payments AS d
        ON f.kafka_partition = d.kafka_partition AND f.first_offset <= d.kafka_offset
    WHERE
        %(topic)s = d.kafka_topic
        AND NOT EXISTS (
            SELECT 1
            FROM rejected AS r
            WHERE r.kafka_partition = d.kafka_partition AND r.kafka_offset = d.kafka_offset
        )
),

scored AS (
    SELECT
        p.is_late,
        p.decision,
        p.is_degraded,
        CASE WHEN NOT p.is_late THEN p.latency_ms END AS latency_ms,
        p.event_time > (NOW() AT TIME ZONE 'UTC') - INTERVAL '10 seconds' AS is_recent
    FROM first_offsets AS f
    INNER JOIN payment_latencies AS p
        ON f.kafka_partition = p.kafka_partition AND f.first_offset <= p.kafka_offset
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM rejected AS r
            WHERE r.kafka_partition = p.kafka_partition AND r.kafka_offset = p.kafka_offset
        )
)

SELECT
    (SELECT COUNT(*) FROM rejected) AS rejected,
    (SELECT COUNT(*) FROM duplicates) AS duplicates,
    COUNT(*) FILTER (WHERE NOT is_late) AS scored,
    COUNT(*) FILTER (WHERE is_late) AS late,
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
