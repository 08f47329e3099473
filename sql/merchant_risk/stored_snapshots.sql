-- stored_snapshots: store the snapshots that differ from what is stored.
--
-- Grain:   one row per merchant and full hour at which something changes
-- Reads:   merchant_risk_snapshots, merchant_risk, risk_range
-- Window:  the range of merchant_risk_snapshots
-- Units:   valid_from_ms and valid_to_ms are UTC epoch milliseconds
-- Order:   a stored snapshot is never changed: payments were scored with it
-- Source:  docs/adr/0013-merchant-risk-on-an-hour-grid.md
INSERT INTO merchant_risk (
    merchant_id,
    valid_from_ms,
    valid_to_ms,
    txn_count_1d,
    txn_count_7d,
    txn_count_28d,
    fraud_rate_1d,
    fraud_rate_7d,
    fraud_rate_28d,
    mature_txn_count_1d,
    mature_txn_count_7d,
    mature_txn_count_28d,
    mature_fraud_rate_1d,
    mature_fraud_rate_7d,
    mature_fraud_rate_28d,
    fraud_to_usual_28d,
    oldest_fraud_35d_ms,
    newest_fraud_ms
)
SELECT
    snapshots.merchant_id,
    snapshots.valid_from_ms,
    snapshots.valid_to_ms,
    snapshots.txn_count_1d,
    snapshots.txn_count_7d,
    snapshots.txn_count_28d,
    snapshots.fraud_rate_1d,
    snapshots.fraud_rate_7d,
    snapshots.fraud_rate_28d,
    snapshots.mature_txn_count_1d,
    snapshots.mature_txn_count_7d,
    snapshots.mature_txn_count_28d,
    snapshots.mature_fraud_rate_1d,
    snapshots.mature_fraud_rate_7d,
    snapshots.mature_fraud_rate_28d,
    snapshots.fraud_to_usual_28d,
    snapshots.oldest_fraud_35d_ms,
    snapshots.newest_fraud_ms
FROM merchant_risk_snapshots AS snapshots
CROSS JOIN risk_range
LEFT JOIN merchant_risk AS stored
    ON
        snapshots.merchant_id = stored.merchant_id
        AND stored.valid_to_ms = 9000000000000000
WHERE
    stored.merchant_id IS NULL
    OR snapshots.valid_from_ms > risk_range.from_ms
    OR (
        snapshots.txn_count_1d,
        snapshots.txn_count_7d,
        snapshots.txn_count_28d,
        snapshots.fraud_rate_1d,
        snapshots.fraud_rate_7d,
        snapshots.fraud_rate_28d,
        snapshots.mature_txn_count_1d,
        snapshots.mature_txn_count_7d,
        snapshots.mature_txn_count_28d,
        snapshots.mature_fraud_rate_1d,
        snapshots.mature_fraud_rate_7d,
        snapshots.mature_fraud_rate_28d,
        snapshots.fraud_to_usual_28d,
        snapshots.oldest_fraud_35d_ms,
        snapshots.newest_fraud_ms
    ) IS DISTINCT FROM (
        stored.txn_count_1d,
        stored.txn_count_7d,
        stored.txn_count_28d,
        stored.fraud_rate_1d,
        stored.fraud_rate_7d,
        stored.fraud_rate_28d,
        stored.mature_txn_count_1d,
        stored.mature_txn_count_7d,
        stored.mature_txn_count_28d,
        stored.mature_fraud_rate_1d,
        stored.mature_fraud_rate_7d,
        stored.mature_fraud_rate_28d,
        stored.fraud_to_usual_28d,
        stored.oldest_fraud_35d_ms,
        stored.newest_fraud_ms
    )
RETURNING merchant_id, valid_from_ms
