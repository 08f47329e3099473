-- payments_enriched: each payment with what was known of its customer and merchant when scored.
--
-- Grain:   one row per transaction_id and card_id; append-only
-- Reads:   payments_with_history, customers, merchants, merchant_risk_days
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  a lookup, not a stream join: it keeps no state, and its answer is stored with the score
-- Owner:   maintainers
-- Feature: merchant_category | text | merchant | kind | what the merchant sells
-- Feature: merchant_txn_count_1d | count | merchant | merchant | payments at the merchant in the
--          day before the full hour whose snapshot of merchant risk the payment uses
-- Feature: merchant_txn_count_7d | count | merchant | merchant | payments at the merchant in the 7
--          days before the full hour whose snapshot of merchant risk the payment uses
-- Feature: merchant_txn_count_28d | count | merchant | merchant | payments at the merchant in the
--          28 days before the full hour whose snapshot of merchant risk the payment uses
-- Feature: merchant_fraud_rate_1d | share, 0 to 1 | merchant | merchant | of the merchant's
--          payments in the day before that full hour, those known by then to be fraud; unknown if
--          there are none
-- Feature: merchant_fraud_rate_7d | share, 0 to 1 | merchant | merchant | of the merchant's
--          payments in the 7 days before that full hour, those known by then to be fraud; unknown
--          if there are none
-- Feature: merchant_fraud_rate_28d | share, 0 to 1 | merchant | merchant | of the merchant's
--          payments in the 28 days before that full hour, those known by then to be fraud; unknown
--          if there are none
-- Feature: merchant_mature_txn_count_1d | count | merchant | merchant | payments at the merchant in
--          the day before the last week, as of that full hour: most of their labels have come
-- Feature: merchant_mature_txn_count_7d | count | merchant | merchant | payments at the merchant in
--          the 7 days before the last week, as of that full hour: most of their labels have come
-- Feature: merchant_mature_txn_count_28d | count | merchant | merchant | payments at the merchant
--          in the 28 days before the last week, as of that full hour: most of their labels have
--          come
-- Feature: merchant_mature_fraud_rate_1d | share, 0 to 1 | merchant | merchant | of the merchant's
--          payments in the day before the last week, those known by that full hour to be fraud;
--          unknown if there are none
-- Feature: merchant_mature_fraud_rate_7d | share, 0 to 1 | merchant | merchant | of the merchant's
--          payments in the 7 days before the last week, those known by that full hour to be fraud;
--          unknown if there are none
-- Feature: merchant_mature_fraud_rate_28d | share, 0 to 1 | merchant | merchant | of the merchant's
--          payments in the 28 days before the last week, those known by that full hour to be fraud;
--          unknown if there are none
-- Feature: merchant_fraud_to_usual_28d | ratio | merchant | merchant | the mean of the merchant's
--          frauds of 28 days known by that full hour, each divided by what its card usually paid,
--          at most 10; unknown if none is known
CREATE TEMPORARY VIEW payments_enriched AS
WITH payments AS (
    SELECT
        *,
        -- The newest full hour at least 10 minutes before the payment: its snapshot exists by
        -- now, and a replay asks for the same one. One lookup returns the whole day.
        1 + CAST(MOD(event_ms - 600000, 86400000) / 3600000 AS INT) AS risk_hour_of_day,
        event_ms - 600000 - MOD(event_ms - 600000, 86400000) AS risk_day_ms,
        PROCTIME() AS looked_up_at
    FROM payments_with_history
)

SELECT
    payments.*,
    customers.home_latitude,
    customers.home_longitude,
    customers.home_country,
    customers.utc_offset_minutes,
    customers.account_opened_ms,
    customers.usual_device_id,
    merchants.category AS merchant_category,
    merchants.country AS merchant_country,
    customers.customer_id IS NOT NULL AS is_customer_known,
    merchants.merchant_id IS NOT NULL AS is_merchant_known,
    risk.txn_counts_1d[payments.risk_hour_of_day] AS merchant_txn_count_1d,
    risk.txn_counts_7d[payments.risk_hour_of_day] AS merchant_txn_count_7d,
    risk.txn_counts_28d[payments.risk_hour_of_day] AS merchant_txn_count_28d,
    risk.fraud_rates_1d[payments.risk_hour_of_day] AS merchant_fraud_rate_1d,
    risk.fraud_rates_7d[payments.risk_hour_of_day] AS merchant_fraud_rate_7d,
    risk.fraud_rates_28d[payments.risk_hour_of_day] AS merchant_fraud_rate_28d,
    risk.mature_txn_counts_1d[payments.risk_hour_of_day] AS merchant_mature_txn_count_1d,
    risk.mature_txn_counts_7d[payments.risk_hour_of_day] AS merchant_mature_txn_count_7d,
    risk.mature_txn_counts_28d[payments.risk_hour_of_day] AS merchant_mature_txn_count_28d,
    risk.mature_fraud_rates_1d[payments.risk_hour_of_day] AS merchant_mature_fraud_rate_1d,
    risk.mature_fraud_rates_7d[payments.risk_hour_of_day] AS merchant_mature_fraud_rate_7d,
    risk.mature_fraud_rates_28d[payments.risk_hour_of_day] AS merchant_mature_fraud_rate_28d,
    risk.frauds_to_usual_28d[payments.risk_hour_of_day] AS merchant_fraud_to_usual_28d,
    risk.oldest_frauds_35d_ms[payments.risk_hour_of_day] AS merchant_oldest_fraud_35d_ms,
    risk.newest_frauds_ms[payments.risk_hour_of_day] AS merchant_newest_fraud_ms
FROM payments
LEFT JOIN customers FOR SYSTEM_TIME AS OF payments.looked_up_at
    ON payments.customer_id = customers.customer_id
LEFT JOIN merchants FOR SYSTEM_TIME AS OF payments.looked_up_at
    ON payments.merchant_id = merchants.merchant_id
LEFT JOIN merchant_risk_days FOR SYSTEM_TIME AS OF payments.looked_up_at AS risk
    ON
        payments.merchant_id = risk.merchant_id
        AND payments.risk_day_ms = risk.day_ms
