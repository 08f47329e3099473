-- histories_to_ask_about: the payments of a card that each payment asked about may see.
--
-- Grain:   one row per payment asked about (asked_number) and stored payment of its card
-- Reads:   scored_payments
-- Window:  what a card keeps: 32 days before the payment asked about
-- Units:   *_ms are UTC epoch milliseconds; the rest as in scored_payments
-- Order:   of a payment that is stored, what had arrived before it; else what has an earlier time
-- Source:  docs/features.md
WITH asked AS (
    SELECT
        given.asked_number,
        given.card_id,
        given.event_ms,
        given.kafka_partition,
        given.kafka_offset,
        (SELECT topic_begins_at(%(topic)s)) AS topic_began_at
    FROM unnest(
        %(numbers)s::integer [],
        %(card_ids)s::text [],
        %(times_ms)s::bigint [],
        %(partitions)s::integer [],
        %(offsets)s::bigint []
    ) AS given (asked_number, card_id, event_ms, kafka_partition, kafka_offset)
)

SELECT
    asked.asked_number,
    p.transaction_id,
    p.customer_id,
    p.merchant_id,
    p.amount_cents,
    p.currency,
    p.channel,
    p.latitude,
    p.longitude,
    p.device_id,
    p.card_last4,
    p.event_ms,
    p.event_time,
    p.arrived_at,
    p.kafka_partition,
    p.kafka_offset
FROM asked
INNER JOIN scored_payments AS p
    ON
        asked.card_id = p.card_id
        AND (TIMESTAMP 'epoch' + (asked.event_ms - 2764800000) * INTERVAL '1 ms') <= p.event_time
        AND CASE
            WHEN asked.kafka_offset IS NULL THEN asked.event_ms > p.event_ms
            ELSE
                asked.kafka_partition = p.kafka_partition
                AND asked.kafka_offset > p.kafka_offset
        END
WHERE p.arrived_at >= asked.topic_began_at
ORDER BY asked.asked_number, p.kafka_offset
