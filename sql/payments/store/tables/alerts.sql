-- alerts: where payments to review or block are stored.
--
-- Grain:   one row per transaction_id and card_id; an upsert, so a restart does not duplicate it
-- Reads:   scored_payments
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE alerts WITH (
    'table-name' = 'alerts'
) LIKE scored_payments (
    OVERWRITING OPTIONS
)
