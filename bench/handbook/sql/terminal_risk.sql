-- terminal_risk: a terminal's payments and frauds as known at a full hour.
--
-- Grain:   one row per terminal_id and hour_ms that a payment looks up
-- Reads:   terminal_events
-- Window:  1, 7 and 28 days up to the hour; payments by their own time, known_* by the time at
--          which their labels became known
-- Units:   *_rate_* in [0, 1]; days of 24 hours, in *_run_days calendar days (UTC)
-- Order:   a label known after the hour is not in it
-- Source:  Dal Pozzolo et al. 2018, doi:10.1109/TNNLS.2017.2736643: labels come late; a run: when
--          every payment since some day turns out to be fraud, cards are being copied there
CREATE TEMPORARY TABLE terminal_risk AS
WITH windowed AS (
    SELECT
        terminal_id,
        at_ms,
        is_fraud,
        known_event_ms,
        fraud_to_usual,
        hour_ms,
        COUNT(is_payment) OVER last_1d AS txn_count_1d,
        COUNT(is_payment) OVER last_7d AS txn_count_7d,
        COUNT(is_payment) OVER last_28d AS txn_count_28d,
        COUNT(is_fraud) OVER last_1d AS known_count_1d,
        COUNT(is_fraud) OVER last_7d AS known_count_7d,
        COUNT(is_fraud) OVER last_28d AS known_count_28d,
        SUM(is_fraud) OVER last_1d AS known_frauds_1d,
        SUM(is_fraud) OVER last_7d AS known_frauds_7d,
        SUM(is_fraud) OVER last_28d AS known_frauds_28d,
        SUM(is_fraud) OVER last_21d AS known_frauds_21d,
        AVG(fraud_to_usual) OVER last_28d AS fraud_to_usual_28d,
        MIN(CASE WHEN is_fraud = 1 THEN known_event_ms END) OVER last_28d AS oldest_fraud_ms,
        MAX(CASE WHEN is_fraud = 1 THEN known_event_ms END) OVER so_far AS newest_fraud_ms,
        MAX(CASE WHEN is_fraud = 0 THEN known_event_ms END) OVER so_far AS newest_good_ms,
        -- Good payments so far: frauds between two of them share this number: a run.
        COUNT(CASE WHEN is_fraud = 0 THEN 1 END) OVER so_far AS run_number
    FROM terminal_events
    WINDOW
        last_1d AS (
            PARTITION BY terminal_id
            ORDER BY at_ms
            RANGE BETWEEN 86400000 PRECEDING AND CURRENT ROW
        ),
        last_7d AS (
            PARTITION BY terminal_id
            ORDER BY at_ms
            RANGE BETWEEN 604800000 PRECEDING AND CURRENT ROW
        ),
        last_21d AS (
            PARTITION BY terminal_id
            ORDER BY at_ms
            RANGE BETWEEN 1814400000 PRECEDING AND CURRENT ROW
        ),
        last_28d AS (
            PARTITION BY terminal_id
            ORDER BY at_ms
            RANGE BETWEEN 2419200000 PRECEDING AND CURRENT ROW
        ),
        so_far AS (
            PARTITION BY terminal_id
            ORDER BY at_ms
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
),

runs AS (
    SELECT
        terminal_id,
        hour_ms,
        txn_count_1d,
        txn_count_7d,
        txn_count_28d,
        known_count_1d,
        known_count_7d,
        known_count_28d,
        known_frauds_1d,
        known_frauds_7d,
        known_frauds_28d,
        known_frauds_21d,
        fraud_to_usual_28d,
        oldest_fraud_ms,
        newest_fraud_ms,
        newest_good_ms,
        SUM(is_fraud) OVER run AS run_count,
        MIN(CASE WHEN is_fraud = 1 THEN known_event_ms END) OVER run AS run_first_ms,
        AVG(fraud_to_usual) OVER run AS run_to_usual
    FROM windowed
    WINDOW run AS (
        PARTITION BY terminal_id, run_number
        ORDER BY at_ms
        RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)

SELECT
    terminal_id,
    hour_ms,
    txn_count_1d AS terminal_txn_count_1d,
    txn_count_7d AS terminal_txn_count_7d,
    txn_count_28d AS terminal_txn_count_28d,
    -- Known frauds of the last 28 days became known in the last 21, as labels take 7 days.
    COALESCE(known_frauds_21d, 0) / CAST(NULLIF(txn_count_28d, 0) AS DOUBLE)
        AS terminal_fraud_rate_28d,
    (hour_ms - newest_fraud_ms) / 86400000.0 AS terminal_days_since_fraud,
    known_count_1d AS terminal_known_count_1d,
    known_count_7d AS terminal_known_count_7d,
    known_count_28d AS terminal_known_count_28d,
    known_frauds_1d / CAST(NULLIF(known_count_1d, 0) AS DOUBLE) AS terminal_known_fraud_rate_1d,
    known_frauds_7d / CAST(NULLIF(known_count_7d, 0) AS DOUBLE) AS terminal_known_fraud_rate_7d,
    known_frauds_28d / CAST(NULLIF(known_count_28d, 0) AS DOUBLE) AS terminal_known_fraud_rate_28d,
    (hour_ms - oldest_fraud_ms) / 86400000.0 AS terminal_days_since_oldest_fraud_28d,
    (hour_ms - newest_good_ms) / 86400000.0 AS terminal_days_since_good,
    fraud_to_usual_28d AS terminal_fraud_to_usual_28d,
    COALESCE(run_count, 0) AS terminal_run_count,
    hour_ms // 86400000 - run_first_ms // 86400000 AS terminal_run_days,
    run_to_usual AS terminal_run_to_usual
FROM runs
WHERE hour_ms IS NOT NULL
