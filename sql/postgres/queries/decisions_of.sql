-- decisions_of: the answers to a transaction_id, and what the stream has stored under it.
--
-- Grain:   one row per card that has used it
-- Reads:   decisions, scored_payments
-- Source:  a number on another card is another payment
WITH given AS (
    SELECT *
    FROM decisions
    WHERE transaction_id = %(transaction_id)s
),

payments AS (
    SELECT *
    FROM scored_payments
    WHERE transaction_id = %(transaction_id)s
)

SELECT
    COALESCE(answered.card_id, stored.card_id) AS card_id,
    answered.answer,
    answered.outcome,
    answered.sent_later_at,
    TO_JSONB(stored) AS stored
FROM given AS answered
FULL JOIN payments AS stored ON answered.card_id = stored.card_id
WHERE
    %(card_id)s::text IS NULL
    OR COALESCE(answered.card_id, stored.card_id) = %(card_id)s
ORDER BY 1
