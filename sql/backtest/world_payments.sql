-- world_payments: the payments of some of the cards, each once.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   part_payments
-- Window:  all rows of a transaction_id and card_id
-- Order:   the first that arrives is the payment; the stream calls the others duplicates or
--          conflicts, and scores none of them
-- Source:  stands for sql/training/world_payments.sql. A history of many cards is computed in parts
CREATE TEMPORARY VIEW world_payments AS
SELECT *
FROM part_payments
QUALIFY
    ROW_NUMBER() OVER (
        PARTITION BY transaction_id, card_id
        ORDER BY kafka_offset
    ) = 1
