-- payments_enriched: each payment once, with its card's history and what the lookups returned.
--
-- Grain:   one row per transaction_id and true_card_id
-- Reads:   card_activity
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  stands for sql/payments/enrich/payments_enriched.sql
CREATE TEMPORARY VIEW payments_enriched AS
SELECT *
FROM card_activity
WHERE is_asked
