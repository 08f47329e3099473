-- take_unsent_decisions: decided payments that Kafka has not confirmed, for one process to send.
--
-- Grain:   one row per decision; at most 1,000
-- Reads:   decisions
-- Units:   as in the payments topic
-- Source:  another process that asks at the same time, or soon after, gets others
WITH asked (seconds) AS (
    VALUES (%(seconds)s)
),

unsent AS (
    SELECT
        decisions.transaction_id,
        decisions.card_id
    FROM asked
    CROSS JOIN decisions
    WHERE
        decisions.kafka_offset IS NULL
        AND decisions.outcome IS NULL
        AND GREATEST(decisions.decided_at, decisions.sent_later_at)
        < CLOCK_TIMESTAMP() - asked.seconds * INTERVAL '1 second'
    ORDER BY decisions.decision_number
    LIMIT 1000
    FOR UPDATE OF decisions SKIP LOCKED
)

UPDATE decisions SET sent_later_at = CLOCK_TIMESTAMP()
FROM unsent
WHERE
    decisions.transaction_id = unsent.transaction_id
    AND decisions.card_id = unsent.card_id
RETURNING
    decisions.decision_number,
    decisions.transaction_id,
    decisions.card_id,
    decisions.customer_id,
    decisions.merchant_id,
    decisions.amount_cents,
    decisions.currency,
    decisions.channel,
    decisions.latitude,
    decisions.longitude,
    decisions.device_id,
    decisions.card_last4,
    decisions.event_ms
