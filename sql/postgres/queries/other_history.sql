-- other_history: payments of a card that only one of the API and the stream saw before a payment.
--
-- Grain:   one row per payment; at most one
-- Reads:   decisions, scored_payments
-- Window:  what a card keeps: 32 days
-- Order:   the stream sees what is before the payment in its partition. The API sees what was
--          committed, and the answers before its own. A commit is visible up to 100 ms after the
--          time that is noted of it
WITH pair (transaction_id, card_id) AS (
    VALUES (%(transaction_id)s, %(card_id)s)
),

asked AS (
    SELECT
        answered.transaction_id,
        answered.card_id,
        answered.event_time,
        answered.decision_number,
        answered.looked_at,
        stored.kafka_partition,
        stored.kafka_offset
    FROM pair
    INNER JOIN decisions AS answered
        ON
            pair.transaction_id = answered.transaction_id
            AND pair.card_id = answered.card_id
    INNER JOIN scored_payments AS stored
        ON
            pair.transaction_id = stored.transaction_id
            AND pair.card_id = stored.card_id
)

SELECT other.transaction_id
FROM asked
INNER JOIN scored_payments AS other
    ON
        asked.card_id = other.card_id
        AND asked.kafka_partition = other.kafka_partition
        AND asked.kafka_offset > other.kafka_offset
        AND asked.event_time - INTERVAL '32 days' <= other.event_time
WHERE
    committed_at(other.xmin, other.stored_at) > asked.looked_at - INTERVAL '100 milliseconds'
    AND NOT EXISTS (
        SELECT 1
        FROM decisions AS earlier
        WHERE
            earlier.transaction_id = other.transaction_id
            AND earlier.card_id = other.card_id
            AND earlier.decision_number < asked.decision_number
    )
UNION ALL
SELECT other.transaction_id
FROM asked
INNER JOIN decisions AS other
    ON
        asked.card_id = other.card_id
        AND asked.decision_number > other.decision_number
        AND asked.event_time - INTERVAL '32 days' <= other.event_time
WHERE
    other.outcome IS DISTINCT FROM 'scored'
    OR other.kafka_offset > asked.kafka_offset
LIMIT 1
