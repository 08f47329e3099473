-- ended_snapshots: which merchants got a new snapshot, and when their previous one ends.
--
-- Grain:   one row per merchant with a new snapshot
-- Reads:   stored_snapshots
-- Units:   ended_ms is UTC epoch milliseconds, a full hour
-- Source:  docs/adr/0013-merchant-risk-on-an-hour-grid.md
SELECT
    merchant_id,
    MIN(valid_from_ms) AS ended_ms
FROM stored_snapshots
GROUP BY merchant_id
