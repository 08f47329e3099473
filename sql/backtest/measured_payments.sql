-- measured_payments: the decided payments that count, with their day and week.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   decided_rows, measured_span
-- Window:  from_ms up to but not including to_ms: before that, cards have little history; after it,
--          labels are still to come
-- Units:   day_ms and week_ms are when the day and the week, from Monday on, begin in UTC; *_ms are
--          epoch milliseconds; *_cents are minor units of the card currency
-- Source:  1970-01-05 was a Monday
CREATE TEMPORARY VIEW measured_payments AS
SELECT
    payments.*,
    payments.event_ms - payments.event_ms % 86400000 AS day_ms,
    payments.event_ms - (payments.event_ms - 345600000) % 604800000 AS week_ms,
    payments.decision <> 'approve' AS is_alert
FROM decided_rows AS payments
INNER JOIN measured_span AS span
    ON
        payments.event_ms >= span.from_ms
        AND payments.event_ms < span.to_ms
