-- payments_with_history: every payment once, with its card's history.
--
-- Grain:   one row per transaction_id and card_id; append-only
-- Reads:   messages_new
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  docs/architecture.md, "A payment's life"
CREATE TEMPORARY VIEW payments_with_history AS
SELECT *
FROM messages_new
WHERE outcome = 'new'
