-- merchant_risk_snapshots: what was known of each merchant at every full hour, where it changes.
--
-- Grain:   one row per merchant and full hour at which something changes
-- Reads:   hourly_payments, label_events, risk_range
-- Window:  payments of the 1, 7 and 28 days before the hour, the hour itself included: (h - W, h];
--          mature_*: those of the 1, 7 and 28 days before (h - 7 days), whose labels have mostly
--          come; the newest fraud of 90 days, the oldest of 35
-- Units:   *_ms are UTC epoch milliseconds, valid_from_ms and valid_to_ms full hours, valid_to_ms
--          exclusive; *fraud_rate_* in [0, 1], NULL without a payment;
--          fraud_to_usual_28d is the mean of the known frauds' amounts, each in units of what its
--          card usually pays, at most 10
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
        -- Whole percents: sums of fractions would differ between engines.
        CASE
            WHEN amount_to_card_usual < 10
                THEN CAST(FLOOR(100 * amount_to_card_usual) AS BIGINT)
            WHEN amount_to_card_usual >= 10 THEN 1000
        END AS usual_percent,
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
        label_hours.usual_percent,
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
        usual_percent,
        GREATEST(known_ms, event_hour_ms) AS known_ms,
        until_ms
    FROM verdicts
    WHERE is_fraud AND event_hour_ms < until_ms
),

-- At which age a payment enters a window or leaves it.
edges (age_ms, txn_1d, txn_7d, txn_28d, mature_1d, mature_7d, mature_28d) AS (
    VALUES
    (CAST(0 AS BIGINT), 1, 1, 1, 0, 0, 0),
    (86400000, -1, 0, 0, 0, 0, 0),
    (604800000, 0, -1, 0, 1, 1, 1),
    (691200000, 0, 0, 0, -1, 0, 0),
    (1209600000, 0, 0, 0, 0, -1, 0),
    (2419200000, 0, 0, -1, 0, 0, 0),
    (3024000000, 0, 0, 0, 0, 0, -1)
),

-- The same windows, each from one age up to before another.
spans (span, from_age_ms, to_age_ms) AS (
    VALUES
    ('1d', CAST(0 AS BIGINT), CAST(86400000 AS BIGINT)),
    ('7d', 0, 604800000),
    ('28d', 0, 2419200000),
    ('mature 1d', 604800000, 691200000),
    ('mature 7d', 604800000, 1209600000),
    ('mature 28d', 604800000, 3024000000)
),

fraud_spans AS (
    SELECT
        known_frauds.merchant_id,
        spans.span,
        CASE WHEN spans.span = '28d' THEN known_frauds.usual_percent END AS usual_percent,
        GREATEST(known_frauds.known_ms, known_frauds.event_hour_ms + spans.from_age_ms)
            AS enters_ms,
        LEAST(known_frauds.until_ms, known_frauds.event_hour_ms + spans.to_age_ms) AS leaves_ms
    FROM known_frauds
    CROSS JOIN spans
),

-- What enters a window or leaves it, and when.
changes AS (
    SELECT
        hourly_payments.merchant_id,
        hourly_payments.hour_ms + edges.age_ms AS change_ms,
        hourly_payments.payment_count * edges.txn_1d AS txn_1d,
        hourly_payments.payment_count * edges.txn_7d AS txn_7d,
        hourly_payments.payment_count * edges.txn_28d AS txn_28d,
        hourly_payments.payment_count * edges.mature_1d AS mature_1d,
        hourly_payments.payment_count * edges.mature_7d AS mature_7d,
        hourly_payments.payment_count * edges.mature_28d AS mature_28d,
        CAST(NULL AS TEXT) AS span,
        0 AS fraud,
        0 AS with_usual,
        CAST(0 AS BIGINT) AS usual_percent,
        CAST(NULL AS BIGINT) AS lasting_fraud_ms
    FROM hourly_payments
    CROSS JOIN edges
    UNION ALL
    SELECT
        merchant_id,
        enters_ms AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS mature_1d,
        0 AS mature_7d,
        0 AS mature_28d,
        span,
        1 AS fraud,
        CASE WHEN usual_percent IS NULL THEN 0 ELSE 1 END AS with_usual,
        COALESCE(usual_percent, 0) AS usual_percent,
        NULL AS lasting_fraud_ms
    FROM fraud_spans
    WHERE enters_ms < leaves_ms
    UNION ALL
    SELECT
        merchant_id,
        leaves_ms AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS mature_1d,
        0 AS mature_7d,
        0 AS mature_28d,
        span,
        -1 AS fraud,
        CASE WHEN usual_percent IS NULL THEN 0 ELSE -1 END AS with_usual,
        -COALESCE(usual_percent, 0) AS usual_percent,
        NULL AS lasting_fraud_ms
    FROM fraud_spans
    WHERE enters_ms < leaves_ms
    UNION ALL
    SELECT
        merchant_id,
        known_ms AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS mature_1d,
        0 AS mature_7d,
        0 AS mature_28d,
        NULL AS span,
        0 AS fraud,
        0 AS with_usual,
        0 AS usual_percent,
        CASE WHEN until_ms = 9000000000000000 THEN event_ms END AS lasting_fraud_ms
    FROM known_frauds
    UNION ALL
    -- No count changes here, but the newest fraud may be another one from then on.
    SELECT
        merchant_id,
        LEAST(event_hour_ms + 7776000000, until_ms) AS change_ms,
        0 AS txn_1d,
        0 AS txn_7d,
        0 AS txn_28d,
        0 AS mature_1d,
        0 AS mature_7d,
        0 AS mature_28d,
        NULL AS span,
        0 AS fraud,
        0 AS with_usual,
        0 AS usual_percent,
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
        SUM(changes.mature_1d) AS mature_1d,
        SUM(changes.mature_7d) AS mature_7d,
        SUM(changes.mature_28d) AS mature_28d,
        SUM(CASE WHEN changes.span = '1d' THEN changes.fraud ELSE 0 END) AS fraud_1d,
        SUM(CASE WHEN changes.span = '7d' THEN changes.fraud ELSE 0 END) AS fraud_7d,
        SUM(CASE WHEN changes.span = '28d' THEN changes.fraud ELSE 0 END) AS fraud_28d,
        SUM(CASE WHEN changes.span = 'mature 1d' THEN changes.fraud ELSE 0 END)
            AS mature_fraud_1d,
        SUM(CASE WHEN changes.span = 'mature 7d' THEN changes.fraud ELSE 0 END)
            AS mature_fraud_7d,
        SUM(CASE WHEN changes.span = 'mature 28d' THEN changes.fraud ELSE 0 END)
            AS mature_fraud_28d,
        SUM(changes.with_usual) AS with_usual_28d,
        SUM(changes.usual_percent) AS usual_percent_28d,
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

-- The first known fraud of the mature windows and the week after them. It can be another one only
-- where one enters or leaves a window.
oldest_frauds AS (
    SELECT
        hours.merchant_id,
        hours.hour_ms,
        MIN(known_frauds.event_ms) AS oldest_fraud_ms
    FROM hours
    INNER JOIN known_frauds
        ON
            hours.merchant_id = known_frauds.merchant_id
            AND hours.hour_ms >= known_frauds.known_ms
            AND hours.hour_ms < known_frauds.until_ms
            AND hours.hour_ms < known_frauds.event_hour_ms + 3024000000
    GROUP BY hours.merchant_id, hours.hour_ms
),

running AS (
    SELECT
        hours.merchant_id,
        hours.hour_ms,
        (
            hours.txn_1d <> 0
            OR hours.txn_7d <> 0
            OR hours.txn_28d <> 0
            OR hours.mature_1d <> 0
            OR hours.mature_7d <> 0
            OR hours.mature_28d <> 0
            OR hours.fraud_1d <> 0
            OR hours.fraud_7d <> 0
            OR hours.fraud_28d <> 0
            OR hours.mature_fraud_1d <> 0
            OR hours.mature_fraud_7d <> 0
            OR hours.mature_fraud_28d <> 0
            OR hours.with_usual_28d <> 0
            OR hours.usual_percent_28d <> 0
        ) AS is_change,
        SUM(hours.txn_1d) OVER so_far AS txn_1d,
        SUM(hours.txn_7d) OVER so_far AS txn_7d,
        SUM(hours.txn_28d) OVER so_far AS txn_28d,
        SUM(hours.mature_1d) OVER so_far AS mature_1d,
        SUM(hours.mature_7d) OVER so_far AS mature_7d,
        SUM(hours.mature_28d) OVER so_far AS mature_28d,
        SUM(hours.fraud_1d) OVER so_far AS fraud_1d,
        SUM(hours.fraud_7d) OVER so_far AS fraud_7d,
        SUM(hours.fraud_28d) OVER so_far AS fraud_28d,
        SUM(hours.mature_fraud_1d) OVER so_far AS mature_fraud_1d,
        SUM(hours.mature_fraud_7d) OVER so_far AS mature_fraud_7d,
        SUM(hours.mature_fraud_28d) OVER so_far AS mature_fraud_28d,
        SUM(hours.with_usual_28d) OVER so_far AS with_usual_28d,
        SUM(hours.usual_percent_28d) OVER so_far AS usual_percent_28d,
        GREATEST(
            MAX(hours.lasting_fraud_ms) OVER so_far, passing_frauds.passing_fraud_ms
        ) AS fraud_ms,
        oldest_frauds.oldest_fraud_ms
    FROM hours
    LEFT JOIN oldest_frauds
        ON
            hours.merchant_id = oldest_frauds.merchant_id
            AND hours.hour_ms = oldest_frauds.hour_ms
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
        is_change,
        CAST(txn_1d AS INTEGER) AS txn_count_1d,
        CAST(txn_7d AS INTEGER) AS txn_count_7d,
        CAST(txn_28d AS INTEGER) AS txn_count_28d,
        CAST(fraud_1d AS DOUBLE PRECISION) / NULLIF(txn_1d, 0) AS fraud_rate_1d,
        CAST(fraud_7d AS DOUBLE PRECISION) / NULLIF(txn_7d, 0) AS fraud_rate_7d,
        CAST(fraud_28d AS DOUBLE PRECISION) / NULLIF(txn_28d, 0) AS fraud_rate_28d,
        CAST(mature_1d AS INTEGER) AS mature_txn_count_1d,
        CAST(mature_7d AS INTEGER) AS mature_txn_count_7d,
        CAST(mature_28d AS INTEGER) AS mature_txn_count_28d,
        CAST(mature_fraud_1d AS DOUBLE PRECISION) / NULLIF(mature_1d, 0)
            AS mature_fraud_rate_1d,
        CAST(mature_fraud_7d AS DOUBLE PRECISION) / NULLIF(mature_7d, 0)
            AS mature_fraud_rate_7d,
        CAST(mature_fraud_28d AS DOUBLE PRECISION) / NULLIF(mature_28d, 0)
            AS mature_fraud_rate_28d,
        CAST(usual_percent_28d AS DOUBLE PRECISION) / NULLIF(with_usual_28d, 0) / 100
            AS fraud_to_usual_28d,
        oldest_fraud_ms AS oldest_fraud_35d_ms,
        CASE WHEN hour_ms < fraud_ms + 7776000000 THEN fraud_ms END AS newest_fraud_ms
    FROM running
),

compared AS (
    SELECT
        *,
        LAG(hour_ms) OVER in_order AS previous_hour_ms,
        LAG(newest_fraud_ms) OVER in_order AS previous_newest_fraud_ms
    FROM known
    WINDOW in_order AS (PARTITION BY merchant_id ORDER BY hour_ms)
),

news AS (
    SELECT *
    FROM compared
    WHERE
        is_change
        OR previous_hour_ms IS NULL
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
    mature_txn_count_1d,
    mature_txn_count_7d,
    mature_txn_count_28d,
    mature_fraud_rate_1d,
    mature_fraud_rate_7d,
    mature_fraud_rate_28d,
    fraud_to_usual_28d,
    oldest_fraud_35d_ms,
    newest_fraud_ms
FROM news
