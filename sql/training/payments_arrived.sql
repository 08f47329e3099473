-- payments_arrived: the payments of the world in their order of arrival.
--
-- Grain:   one row per transaction_id and true_card_id
-- Reads:   world_payments
-- Source:  input of sql/as_of_arrival, whose payments_checked gives card_id another meaning
CREATE TEMPORARY VIEW payments_arrived AS
SELECT
    * EXCLUDE (card_id),
    card_id AS true_card_id,
    TRUE AS is_wanted
FROM world_payments
