-- asked_payment: the request with its features, and what is known under its number.
--
-- Grain:   one row
-- Reads:   payment_features, card_payments, decisions, scored_payments
-- Units:   as in payment_features; history_newest_ms is UTC epoch milliseconds, NULL if there is no
--          history
-- Source:  known_* is the answer that was given to this number of this card before, stored_* the
--          payment that the stream has stored under it; NULL if there is none
WITH history AS (
    SELECT
        COUNT(*) AS payment_count,
        COUNT(*) FILTER (WHERE kafka_partition < 0) AS on_their_way_count,
        MAX(event_ms) AS newest_ms
    FROM card_payments
)

SELECT
    payment_features.*,
    history.payment_count AS history_payment_count,
    history.on_their_way_count AS history_on_their_way_count,
    history.newest_ms AS history_newest_ms,
    known.request_hash AS known_request_hash,
    known.answer AS known_answer,
    stored.event_ms AS stored_event_ms,
    stored.amount_cents AS stored_amount_cents,
    stored.merchant_id AS stored_merchant_id,
    STATEMENT_TIMESTAMP() AS looked_at
FROM payment_features
CROSS JOIN history
LEFT JOIN decisions AS known
    ON
        payment_features.transaction_id = known.transaction_id
        AND payment_features.card_id = known.card_id
LEFT JOIN scored_payments AS stored
    ON
        payment_features.transaction_id = stored.transaction_id
        AND payment_features.card_id = stored.card_id
