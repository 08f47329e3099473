-- alerts: where payments to review or block are stored.
--
-- Grain:   one row per transaction_id and card_id, written again after a restart: an upsert
-- Reads:   scored_payments
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE alerts WITH (
    'table-name' = 'alerts'
) LIKE scored_payments (
    OVERWRITING OPTIONS
)
