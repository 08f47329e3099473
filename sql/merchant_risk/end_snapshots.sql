-- end_snapshots: write down when the snapshots end that were the newest so far.
--
-- Grain:   one row per merchant with something new
-- Reads:   ended_snapshots
-- Units:   valid_to_ms is UTC epoch milliseconds, not included
-- Source:  runs in one statement with stored_snapshots, whose rows it does not see
UPDATE merchant_risk
SET valid_to_ms = ended_snapshots.ended_ms
FROM ended_snapshots
WHERE
    merchant_risk.merchant_id = ended_snapshots.merchant_id
    AND merchant_risk.valid_to_ms = 9000000000000000
