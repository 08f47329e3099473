-- out_of_order: how many of the newest payments arrived after a later one of their card.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Source:  came_behind_ms; rows stored before that column existed are left out
SELECT
    COUNT(*) AS payment_count,
    COUNT(*) FILTER (WHERE came_behind_ms > 0) AS behind_count
FROM (
    SELECT came_behind_ms
    FROM scored_payments
    WHERE came_behind_ms IS NOT NULL
    ORDER BY event_time DESC
    LIMIT 10000
) AS newest
