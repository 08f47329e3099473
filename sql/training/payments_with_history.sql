-- payments_with_history: every payment once, with its card's history.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   card_activity
-- Source:  stands for sql/payments/history/payments_with_history.sql
CREATE TEMPORARY VIEW payments_with_history AS
SELECT
    * EXCLUDE (card_id, true_card_id, is_asked, is_wanted),
    true_card_id AS card_id
FROM card_activity
WHERE is_asked
