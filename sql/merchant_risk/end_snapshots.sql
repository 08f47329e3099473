-- end_snapshots: set the end of each snapshot that was its merchant's newest so far.
--
-- Grain:   one row per merchant with a new snapshot
-- Reads:   ended_snapshots
-- Units:   valid_to_ms is UTC epoch milliseconds, exclusive
-- Source:  runs in the same statement as stored_snapshots, whose new rows it does not see
UPDATE merchant_risk
SET valid_to_ms = ended_snapshots.ended_ms
FROM ended_snapshots
WHERE
    merchant_risk.merchant_id = ended_snapshots.merchant_id
    AND merchant_risk.valid_to_ms = 9000000000000000
