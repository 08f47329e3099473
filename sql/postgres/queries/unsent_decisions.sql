-- unsent_decisions: decided payments that Kafka has not confirmed, in the order of their answers.
--
-- Grain:   one row per decision; at most 1,000
-- Reads:   decisions
-- Units:   as in the payments topic
WITH asked (seconds) AS (
    VALUES (%(seconds)s)
)

SELECT
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
FROM asked
CROSS JOIN decisions
WHERE
    decisions.kafka_offset IS NULL
    AND decisions.outcome IS NULL
    AND decisions.decided_at < CLOCK_TIMESTAMP() - asked.seconds * INTERVAL '1 second'
ORDER BY decisions.decision_number
LIMIT 1000
