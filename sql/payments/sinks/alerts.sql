-- alerts: where payments to review or block are stored.
--
-- Grain:   one row per transaction_id, written again after a restart: an upsert
-- Reads:   scored_payments
-- Window:  none
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    stored like any other, with is_late
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE alerts WITH (
    'table-name' = 'alerts'
) LIKE scored_payments (
    OVERWRITING OPTIONS
)
