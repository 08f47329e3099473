-- unsent_decisions: decided payments that Kafka has not confirmed, in the order of their answers.
--
-- Grain:   one row per decision; at most 1,000
-- Reads:   decisions
-- Units:   as in the payments topic
SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    card_last4,
    event_ms
FROM decisions
WHERE
    kafka_offset IS NULL
    AND outcome IS NULL
    AND decided_at < CLOCK_TIMESTAMP() - %(seconds)s * INTERVAL '1 second'
ORDER BY decision_number
LIMIT 1000
