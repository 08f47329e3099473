-- card_payments: the payments of the request's card that are stored, and those on their way.
--
-- Grain:   one row per transaction_id and card_id; the newest 10,000
-- Reads:   request, scored_payments, decisions
-- Window:  what the card keeps: 32 days before its newest payment; of them 30 days before the
--          request
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Order:   of payments that were answered and are not stored yet, the order of the answers; they
--          come after all that is stored
-- Source:  docs/architecture.md, "Time". A decision counts until its payment is stored, or until it
--          is known that it became a copy, a conflict or a reject
WITH on_their_way AS (
    SELECT
        answered.transaction_id,
        answered.card_id,
        answered.customer_id,
        answered.merchant_id,
        answered.amount_cents,
        answered.currency,
        answered.channel,
        answered.latitude,
        answered.longitude,
        answered.device_id,
        answered.card_last4,
        answered.event_ms,
        answered.event_time,
        -1 AS kafka_partition,
        -- Above every offset that Kafka can give within a lifetime.
        4611686018427387904 + answered.decision_number AS kafka_offset
    FROM request
    INNER JOIN decisions AS answered ON request.card_id = answered.card_id
    WHERE
        answered.outcome IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM scored_payments AS stored
            WHERE
                stored.transaction_id = answered.transaction_id
                AND stored.card_id = answered.card_id
        )
),

-- Of a card as it was, only what was earlier counts.
ends AS (
    SELECT
        request.card_id,
        request.event_time,
        CASE
            WHEN request.is_past THEN request.event_time ELSE TIMESTAMP 'infinity'
        END AS last_time,
        CASE
            WHEN request.is_past THEN request.event_time
            ELSE GREATEST(
                request.event_time,
                (
                    SELECT newest.event_time
                    FROM scored_payments AS newest
                    WHERE newest.card_id = request.card_id
                    ORDER BY newest.event_time DESC
                    LIMIT 1
                ),
                (SELECT MAX(on_their_way.event_time) FROM on_their_way)
            )
        END AS newest_time
    FROM request
),

seen AS (
    SELECT
        card_id,
        last_time,
        GREATEST(newest_time - INTERVAL '32' DAY, event_time - INTERVAL '30' DAY) AS first_time
    FROM ends
),

kept AS (
    SELECT
        stored.transaction_id,
        stored.card_id,
        stored.customer_id,
        stored.merchant_id,
        stored.amount_cents,
        stored.currency,
        stored.channel,
        stored.latitude,
        stored.longitude,
        stored.device_id,
        stored.card_last4,
        stored.event_ms,
        stored.event_time,
        stored.kafka_partition,
        stored.kafka_offset
    FROM seen
    INNER JOIN scored_payments AS stored
        ON
            seen.card_id = stored.card_id
            AND seen.first_time <= stored.event_time
            AND seen.last_time >= stored.event_time
    UNION ALL
    SELECT on_their_way.*
    FROM seen
    INNER JOIN on_their_way
        ON
            seen.first_time <= on_their_way.event_time
            AND seen.last_time >= on_their_way.event_time
)

SELECT *
FROM kept
ORDER BY event_time DESC, kafka_offset DESC
LIMIT 10000
