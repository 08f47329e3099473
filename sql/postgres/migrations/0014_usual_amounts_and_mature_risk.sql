-- What a card usually pays, over 30 days instead of 7; a merchant's fraud among payments that are
-- old enough for their labels to have come; and when its oldest known fraud of 35 days was, since a
-- merchant that copies cards does so for some time. NULL in rows of an earlier version.

ALTER TABLE scored_payments
ADD COLUMN card_usual_cents_30d double precision,
ADD COLUMN card_largest_cents_14d bigint,
ADD COLUMN card_largest_cents_7d bigint,
ADD COLUMN amount_to_card_usual_30d double precision,
ADD COLUMN largest_amount_to_card_usual_14d double precision,
ADD COLUMN largest_amount_to_card_usual_7d double precision,
ADD COLUMN merchant_mature_txn_count_1d integer,
ADD COLUMN merchant_mature_txn_count_7d integer,
ADD COLUMN merchant_mature_txn_count_28d integer,
ADD COLUMN merchant_mature_fraud_rate_1d double precision,
ADD COLUMN merchant_mature_fraud_rate_7d double precision,
ADD COLUMN merchant_mature_fraud_rate_28d double precision,
ADD COLUMN merchant_fraud_to_usual_28d double precision,
ADD COLUMN merchant_oldest_fraud_35d_ms bigint,
ADD COLUMN merchant_days_since_oldest_fraud_35d double precision;

ALTER TABLE alerts
ADD COLUMN card_usual_cents_30d double precision,
ADD COLUMN card_largest_cents_14d bigint,
ADD COLUMN card_largest_cents_7d bigint,
ADD COLUMN amount_to_card_usual_30d double precision,
ADD COLUMN largest_amount_to_card_usual_14d double precision,
ADD COLUMN largest_amount_to_card_usual_7d double precision,
ADD COLUMN merchant_mature_txn_count_1d integer,
ADD COLUMN merchant_mature_txn_count_7d integer,
ADD COLUMN merchant_mature_txn_count_28d integer,
ADD COLUMN merchant_mature_fraud_rate_1d double precision,
ADD COLUMN merchant_mature_fraud_rate_7d double precision,
ADD COLUMN merchant_mature_fraud_rate_28d double precision,
ADD COLUMN merchant_fraud_to_usual_28d double precision,
ADD COLUMN merchant_oldest_fraud_35d_ms bigint,
ADD COLUMN merchant_days_since_oldest_fraud_35d double precision;

-- A known fraud's amount in units of what its card usually paid.
ALTER TABLE merchant_labels ADD COLUMN amount_to_card_usual double precision;

ALTER TABLE merchant_risk
ADD COLUMN mature_txn_count_1d integer,
ADD COLUMN mature_txn_count_7d integer,
ADD COLUMN mature_txn_count_28d integer,
ADD COLUMN mature_fraud_rate_1d double precision,
ADD COLUMN mature_fraud_rate_7d double precision,
ADD COLUMN mature_fraud_rate_28d double precision,
ADD COLUMN fraud_to_usual_28d double precision,
ADD COLUMN oldest_fraud_35d_ms bigint;

CREATE OR REPLACE VIEW merchant_risk_hourly AS
SELECT
    risk.merchant_id,
    hours.hour_ms,
    risk.txn_count_1d,
    risk.txn_count_7d,
    risk.txn_count_28d,
    risk.fraud_rate_1d,
    risk.fraud_rate_7d,
    risk.fraud_rate_28d,
    risk.newest_fraud_ms,
    risk.mature_txn_count_1d,
    risk.mature_txn_count_7d,
    risk.mature_txn_count_28d,
    risk.mature_fraud_rate_1d,
    risk.mature_fraud_rate_7d,
    risk.mature_fraud_rate_28d,
    risk.fraud_to_usual_28d,
    risk.oldest_fraud_35d_ms
FROM merchant_risk_hours AS hours
INNER JOIN merchant_risk AS risk
    ON
        hours.hour_ms >= risk.valid_from_ms
        AND hours.hour_ms < risk.valid_to_ms;

-- The hours of a day of UTC, and the snapshot in force at each; NULL where the hour was not
-- refreshed or the merchant had none yet.
CREATE OR REPLACE VIEW merchant_risk_days AS
WITH merchants_at_risk AS (
    SELECT DISTINCT merchant_id
    FROM merchant_risk
),

days AS (
    SELECT DISTINCT hour_ms - MOD(hour_ms, 86400000) AS day_ms
    FROM merchant_risk_hours
)

SELECT
    merchants_at_risk.merchant_id,
    days.day_ms,
    by_hour.hours_ms,
    by_hour.txn_counts_1d,
    by_hour.txn_counts_7d,
    by_hour.txn_counts_28d,
    by_hour.fraud_rates_1d,
    by_hour.fraud_rates_7d,
    by_hour.fraud_rates_28d,
    by_hour.newest_frauds_ms,
    by_hour.mature_txn_counts_1d,
    by_hour.mature_txn_counts_7d,
    by_hour.mature_txn_counts_28d,
    by_hour.mature_fraud_rates_1d,
    by_hour.mature_fraud_rates_7d,
    by_hour.mature_fraud_rates_28d,
    by_hour.frauds_to_usual_28d,
    by_hour.oldest_frauds_35d_ms
FROM merchants_at_risk
CROSS JOIN days
CROSS JOIN LATERAL (
    SELECT
        ARRAY_AGG(days.day_ms + clock.hour * 3600000 ORDER BY clock.hour) AS hours_ms,
        ARRAY_AGG(newest.txn_count_1d ORDER BY clock.hour) AS txn_counts_1d,
        ARRAY_AGG(newest.txn_count_7d ORDER BY clock.hour) AS txn_counts_7d,
        ARRAY_AGG(newest.txn_count_28d ORDER BY clock.hour) AS txn_counts_28d,
        ARRAY_AGG(newest.fraud_rate_1d ORDER BY clock.hour) AS fraud_rates_1d,
        ARRAY_AGG(newest.fraud_rate_7d ORDER BY clock.hour) AS fraud_rates_7d,
        ARRAY_AGG(newest.fraud_rate_28d ORDER BY clock.hour) AS fraud_rates_28d,
        ARRAY_AGG(newest.newest_fraud_ms ORDER BY clock.hour) AS newest_frauds_ms,
        ARRAY_AGG(newest.mature_txn_count_1d ORDER BY clock.hour) AS mature_txn_counts_1d,
        ARRAY_AGG(newest.mature_txn_count_7d ORDER BY clock.hour) AS mature_txn_counts_7d,
        ARRAY_AGG(newest.mature_txn_count_28d ORDER BY clock.hour) AS mature_txn_counts_28d,
        ARRAY_AGG(newest.mature_fraud_rate_1d ORDER BY clock.hour) AS mature_fraud_rates_1d,
        ARRAY_AGG(newest.mature_fraud_rate_7d ORDER BY clock.hour) AS mature_fraud_rates_7d,
        ARRAY_AGG(newest.mature_fraud_rate_28d ORDER BY clock.hour) AS mature_fraud_rates_28d,
        ARRAY_AGG(newest.fraud_to_usual_28d ORDER BY clock.hour) AS frauds_to_usual_28d,
        ARRAY_AGG(newest.oldest_fraud_35d_ms ORDER BY clock.hour) AS oldest_frauds_35d_ms
    FROM GENERATE_SERIES(0, 23) AS clock (hour)
    -- One step down each index finds the hour and the snapshot in force; a range over both ends
    -- would read all that the merchant ever had.
    LEFT JOIN LATERAL (
        SELECT
            risk.valid_to_ms,
            risk.txn_count_1d,
            risk.txn_count_7d,
            risk.txn_count_28d,
            risk.fraud_rate_1d,
            risk.fraud_rate_7d,
            risk.fraud_rate_28d,
            risk.newest_fraud_ms,
            risk.mature_txn_count_1d,
            risk.mature_txn_count_7d,
            risk.mature_txn_count_28d,
            risk.mature_fraud_rate_1d,
            risk.mature_fraud_rate_7d,
            risk.mature_fraud_rate_28d,
            risk.fraud_to_usual_28d,
            risk.oldest_fraud_35d_ms
        FROM merchant_risk_hours AS hours
        INNER JOIN merchant_risk AS risk ON hours.hour_ms >= risk.valid_from_ms
        WHERE
            hours.hour_ms = days.day_ms + clock.hour * 3600000
            AND risk.merchant_id = merchants_at_risk.merchant_id
            AND risk.valid_from_ms <= days.day_ms + clock.hour * 3600000
        ORDER BY risk.valid_from_ms DESC
        LIMIT 1
    ) AS newest ON days.day_ms + clock.hour * 3600000 < newest.valid_to_ms
) AS by_hour;
