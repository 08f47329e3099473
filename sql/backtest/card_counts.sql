-- card_counts: how many cards paid: in each week, on each channel, and in all.
--
-- Grain:   one row per week_ms, per channel, and one with neither
-- Reads:   measured_payments
-- Units:   week_ms is UTC epoch milliseconds
CREATE TEMPORARY VIEW card_counts AS
WITH card_days AS (
    SELECT DISTINCT
        card_id,
        week_ms,
        channel
    FROM measured_payments
)

SELECT
    week_ms,
    channel,
    COUNT(DISTINCT card_id) AS card_count
FROM card_days
GROUP BY GROUPING SETS ((week_ms), (channel), ())
