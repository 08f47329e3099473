-- decision_pairs: answers of the API, each with what the stream has stored of the payment.
--
-- Grain:   one row per decision
-- Reads:   decisions, scored_payments
-- Source:  stored is NULL if the stream has no such payment; age_seconds is that of the answer
SELECT
    answered.transaction_id,
    answered.card_id,
    answered.answer,
    answered.outcome,
    EXTRACT(EPOCH FROM CLOCK_TIMESTAMP() - answered.decided_at)::float8 AS age_seconds,
    TO_JSONB(stored) AS stored
FROM decisions AS answered
LEFT JOIN scored_payments AS stored
    ON
        answered.transaction_id = stored.transaction_id
        AND answered.card_id = stored.card_id
WHERE answered.decided_at >= %(since)s
ORDER BY answered.decision_number
