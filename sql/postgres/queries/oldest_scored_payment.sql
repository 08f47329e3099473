-- oldest_scored_payment: the time of the oldest stored payment, and the time now.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Units:   UTC epoch milliseconds; oldest_ms is 0 if nothing is stored
-- Source:  training leaves out the first days, when cards had less history than later
SELECT
    COALESCE(
        (EXTRACT(EPOCH FROM MIN(scored_payments.event_time)) * 1000)::bigint, 0
    ) AS oldest_ms,
    (EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000)::bigint AS now_ms
FROM scored_payments
