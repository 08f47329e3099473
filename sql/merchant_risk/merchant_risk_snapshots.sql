-- merchant_risk_snapshots: what was known of each merchant at every full hour, where it changes.
--
-- Grain:   one row per merchant and full hour at which something changes
-- Reads:   hourly_payments, label_events, risk_range
-- Window:  payments of the 1, 7 and 28 days before the hour, the hour itself included: (h - W, h];
--          the newest fraud of 90 days
-- Units:   *_ms are UTC epoch milliseconds, valid_from_ms and valid_to_ms full hours, valid_to_ms
--          exclusive; fraud_rate_* in [0, 1], NULL without a payment
-- Order:   a label counts from the first full hour at or after labelled_ms, whatever the time of
--          its payment. Of several, the newest counts; of equally new ones, fraud. A change before
--          the range counts at its beginning; a change after the range is ignored
-- Source:  docs/adr/0013-merchant-risk-on-an-hour-grid.md; labels that arrive late and must not be
--          seen earlier: Dal Pozzolo et al. 2018, doi:10.1109/TNNLS.2017.2736643
WITH label_hours AS (
    SELECT
        merchant_id,
        transaction_id,
        card_id,
        event_ms,
        is_fraud,
        event_ms + MOD(3600000 - MOD(event_ms, 3600000), 3600000) AS event_hour_ms,
        labelled_ms + MOD(3600000 - MOD(labelled_ms, 3600000), 3600000) AS known_ms,
        ROW_NUMBER() OVER (
            PARTITION BY
                transaction_id,
                card_id,
                labelled_ms + MOD(3600000 - MOD(labelled_ms, 3600000), 3600000)
            ORDER BY labelled_ms DESC, is_fraud DESC
        ) AS newest_first
    FROM label_events
),

verdicts AS (
    SELECT
        label_hours.merchant_id,
        label_hours.event_ms,
        label_hours.is_fraud,
        label_hours.event_hour_ms,
        label_hours.known_ms,
        -- Until the next label; forever if there is none.
        LEAD(label_hours.known_ms, 1, 9000000000000000) OVER (
            PARTITION BY label_hours.transaction_id, label_hours.card_id
            ORDER BY label_hours.known_ms
        ) AS until_ms
    FROM label_hours
    INNER JOIN risk_range ON label_hours.known_ms <= risk_range.to_ms
    WHERE label_hours.newest_first = 1
),

known_frauds AS (
    SELECT
        merchant_id,
        event_ms,
        event_hour_ms,
        GREATEST(known_ms, event_hour_ms) AS known_ms,
        until_ms
    FROM verdicts
    WHERE is_fraud AND event_hour_ms < until_ms
),

-- What enters a window or leaves it, and when.
changes AS (
    SELECT
        merchant_id,
        hour_ms AS change_ms,
        payment_count AS txn_1d,
        payment_count AS txn_7d,
        payment_count AS txn_28d,
        0 AS fraud_1d,
        0 AS fraud_7d,
        0 AS fraud_28d,
        CAST(NULL AS BIGINT) AS lasting_fraud_ms
    FROM hourly_payments
    UNION ALL
    SELECT
        merchant_id,
        hour_ms + 86400000 AS change_ms,
        -payment_count AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS fraud_1d,
        0 AS fraud_7d,
        0 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM hourly_payments
    UNION ALL
    SELECT
        merchant_id,
        hour_ms + 604800000 AS change_ms,
        0 AS txn_1d,
        -payment_count AS txn_7d,
        0 AS txn_28d,
        0 AS fraud_1d,
        0 AS fraud_7d,
        0 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM hourly_payments
    UNION ALL
    SELECT
        merchant_id,
        hour_ms + 2419200000 AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        -payment_count AS txn_28d,
        0 AS fraud_1d,
        0 AS fraud_7d,
        0 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM hourly_payments
    UNION ALL
    SELECT
        merchant_id,
        known_ms AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        CASE WHEN known_ms < event_hour_ms + 86400000 THEN 1 ELSE 0 END AS fraud_1d,
        CASE WHEN known_ms < event_hour_ms + 604800000 THEN 1 ELSE 0 END AS fraud_7d,
        CASE WHEN known_ms < event_hour_ms + 2419200000 THEN 1 ELSE 0 END AS fraud_28d,
        CASE WHEN until_ms = 9000000000000000 THEN event_ms END AS lasting_fraud_ms
    FROM known_frauds
    UNION ALL
    SELECT
        merchant_id,
        LEAST(event_hour_ms + 86400000, until_ms) AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        -1 AS fraud_1d,
        0 AS fraud_7d,
        0 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM known_frauds
    WHERE known_ms < event_hour_ms + 86400000
    UNION ALL
    SELECT
        merchant_id,
        LEAST(event_hour_ms + 604800000, until_ms) AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS fraud_1d,
        -1 AS fraud_7d,
        0 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM known_frauds
    WHERE known_ms < event_hour_ms + 604800000
    UNION ALL
    SELECT
        merchant_id,
        LEAST(event_hour_ms + 2419200000, until_ms) AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS fraud_1d,
        0 AS fraud_7d,
        -1 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM known_frauds
    WHERE known_ms < event_hour_ms + 2419200000
    UNION ALL
    -- No count changes here, but the newest fraud may be another one from then on.
    SELECT
        merchant_id,
        LEAST(event_hour_ms + 7776000000, until_ms) AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS fraud_1d,
        0 AS fraud_7d,
        0 AS fraud_28d,
        NULL AS lasting_fraud_ms
    FROM known_frauds
),

hours AS (
    SELECT
        changes.merchant_id,
        GREATEST(changes.change_ms, risk_range.from_ms) AS hour_ms,
        SUM(changes.txn_1d) AS txn_1d,
        SUM(changes.txn_7d) AS txn_7d,
        SUM(changes.txn_28d) AS txn_28d,
        SUM(changes.fraud_1d) AS fraud_1d,
        SUM(changes.fraud_7d) AS fraud_7d,
        SUM(changes.fraud_28d) AS fraud_28d,
        MAX(changes.lasting_fraud_ms) AS lasting_fraud_ms
    FROM changes
    INNER JOIN risk_range ON changes.change_ms <= risk_range.to_ms
    GROUP BY changes.merchant_id, GREATEST(changes.change_ms, risk_range.from_ms)
),

-- Frauds whose label was replaced later: few, so they can be looked up.
passing_frauds AS (
    SELECT
        hours.merchant_id,
        hours.hour_ms,
        MAX(known_frauds.event_ms) AS passing_fraud_ms
    FROM hours
    INNER JOIN known_frauds
        ON
            hours.merchant_id = known_frauds.merchant_id
            AND hours.hour_ms >= known_frauds.known_ms
            AND hours.hour_ms < known_frauds.until_ms
    WHERE known_frauds.until_ms < 9000000000000000
    GROUP BY hours.merchant_id, hours.hour_ms
),

running AS (
    SELECT
        hours.merchant_id,
        hours.hour_ms,
        SUM(hours.txn_1d) OVER so_far AS txn_1d,
        SUM(hours.txn_7d) OVER so_far AS txn_7d,
        SUM(hours.txn_28d) OVER so_far AS txn_28d,
        SUM(hours.fraud_1d) OVER so_far AS fraud_1d,
        SUM(hours.fraud_7d) OVER so_far AS fraud_7d,
        SUM(hours.fraud_28d) OVER so_far AS fraud_28d,
        GREATEST(
            MAX(hours.lasting_fraud_ms) OVER so_far, passing_frauds.passing_fraud_ms
        ) AS fraud_ms
    FROM hours
    LEFT JOIN passing_frauds
        ON
            hours.merchant_id = passing_frauds.merchant_id
            AND hours.hour_ms = passing_frauds.hour_ms
    WINDOW so_far AS (
        PARTITION BY hours.merchant_id
        ORDER BY hours.hour_ms
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

known AS (
    SELECT
        merchant_id,
        hour_ms,
        CAST(txn_1d AS INTEGER) AS txn_count_1d,
        CAST(txn_7d AS INTEGER) AS txn_count_7d,
        CAST(txn_28d AS INTEGER) AS txn_count_28d,
        CAST(fraud_1d AS DOUBLE PRECISION) / NULLIF(txn_1d, 0) AS fraud_rate_1d,
        CAST(fraud_7d AS DOUBLE PRECISION) / NULLIF(txn_7d, 0) AS fraud_rate_7d,
        CAST(fraud_28d AS DOUBLE PRECISION) / NULLIF(txn_28d, 0) AS fraud_rate_28d,
        CASE WHEN hour_ms < fraud_ms + 7776000000 THEN fraud_ms END AS newest_fraud_ms
    FROM running
),

compared AS (
    SELECT
        merchant_id,
        hour_ms,
        txn_count_1d,
        txn_count_7d,
        txn_count_28d,
        fraud_rate_1d,
        fraud_rate_7d,
        fraud_rate_28d,
        newest_fraud_ms,
        LAG(txn_count_1d) OVER in_order AS previous_txn_count_1d,
        LAG(txn_count_7d) OVER in_order AS previous_txn_count_7d,
        LAG(txn_count_28d) OVER in_order AS previous_txn_count_28d,
        LAG(fraud_rate_1d) OVER in_order AS previous_fraud_rate_1d,
        LAG(fraud_rate_7d) OVER in_order AS previous_fraud_rate_7d,
        LAG(fraud_rate_28d) OVER in_order AS previous_fraud_rate_28d,
        LAG(newest_fraud_ms) OVER in_order AS previous_newest_fraud_ms
    FROM known
    WINDOW in_order AS (PARTITION BY merchant_id ORDER BY hour_ms)
),

news AS (
    SELECT
        merchant_id,
        hour_ms,
        txn_count_1d,
        txn_count_7d,
        txn_count_28d,
        fraud_rate_1d,
        fraud_rate_7d,
        fraud_rate_28d,
        newest_fraud_ms
    FROM compared
    WHERE
        -- A count is never NULL, so this is the merchant's first hour.
        previous_txn_count_1d IS NULL
        OR txn_count_1d IS DISTINCT FROM previous_txn_count_1d
        OR txn_count_7d IS DISTINCT FROM previous_txn_count_7d
        OR txn_count_28d IS DISTINCT FROM previous_txn_count_28d
        OR fraud_rate_1d IS DISTINCT FROM previous_fraud_rate_1d
        OR fraud_rate_7d IS DISTINCT FROM previous_fraud_rate_7d
        OR fraud_rate_28d IS DISTINCT FROM previous_fraud_rate_28d
        OR newest_fraud_ms IS DISTINCT FROM previous_newest_fraud_ms
)

SELECT
    merchant_id,
    hour_ms AS valid_from_ms,
    LEAD(hour_ms, 1, 9000000000000000) OVER (
        PARTITION BY merchant_id ORDER BY hour_ms
    ) AS valid_to_ms,
    txn_count_1d,
    txn_count_7d,
    txn_count_28d,
    fraud_rate_1d,
    fraud_rate_7d,
    fraud_rate_28d,
    newest_fraud_ms
FROM news
