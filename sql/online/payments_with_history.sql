-- payments_with_history: the request, with its card's history.
--
-- Grain:   one row
-- Reads:   card_activity
-- Source:  stands for sql/payments/history/payments_with_history.sql
SELECT *
FROM card_activity
WHERE is_asked
