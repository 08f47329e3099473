-- settle_decisions: note what became of decided payments in the stream.
--
-- Grain:   one row per decision that was settled; the oldest 5,000 are looked at
-- Reads:   decisions, scored_payments, rejected_payments, topic_beginnings
-- Source:  a payment that was stored from another message is a duplicate of it, or a conflict with
--          it if it differs in amount, merchant or time: docs/architecture.md. Messages rejected in
--          an earlier topic of the same name are left out
WITH topic (kafka_topic) AS (
    VALUES (%(topic)s::text)
),

asked AS (
    SELECT
        kafka_topic,
        topic_begins_at(kafka_topic) AS begins_at
    FROM topic
),

on_their_way AS (
    SELECT
        transaction_id,
        card_id,
        merchant_id,
        amount_cents,
        event_ms,
        kafka_partition,
        kafka_offset
    FROM decisions
    WHERE outcome IS NULL
    ORDER BY decision_number
    LIMIT 5000
),

outcomes AS (
    SELECT
        answered.transaction_id,
        answered.card_id,
        stored.kafka_partition,
        stored.kafka_offset,
        CASE
            WHEN
                answered.kafka_partition = stored.kafka_partition
                AND answered.kafka_offset = stored.kafka_offset THEN 'scored'
            WHEN
                answered.merchant_id <> stored.merchant_id
                OR answered.amount_cents <> stored.amount_cents
                OR answered.event_ms <> stored.event_ms THEN 'conflict'
            WHEN answered.kafka_offset IS NULL THEN 'scored'
            ELSE 'duplicate'
        END AS outcome
    FROM on_their_way AS answered
    INNER JOIN scored_payments AS stored
        ON
            answered.transaction_id = stored.transaction_id
            AND answered.card_id = stored.card_id
    UNION ALL
    SELECT
        answered.transaction_id,
        answered.card_id,
        rejected.kafka_partition,
        rejected.kafka_offset,
        'rejected' AS outcome
    FROM asked
    CROSS JOIN on_their_way AS answered
    INNER JOIN rejected_payments AS rejected
        ON
            asked.kafka_topic = rejected.kafka_topic
            AND answered.kafka_partition = rejected.kafka_partition
            AND answered.kafka_offset = rejected.kafka_offset
    WHERE (rejected.arrived_at >= asked.begins_at) IS NOT FALSE
)

UPDATE decisions
SET
    outcome = outcomes.outcome,
    kafka_partition = COALESCE(decisions.kafka_partition, outcomes.kafka_partition),
    kafka_offset = COALESCE(decisions.kafka_offset, outcomes.kafka_offset)
FROM outcomes
WHERE
    decisions.transaction_id = outcomes.transaction_id
    AND decisions.card_id = outcomes.card_id
    AND decisions.outcome IS NULL
RETURNING decisions.outcome
