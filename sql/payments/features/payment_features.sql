-- payment_features: all that the model knows about a payment.
--
-- Grain:   one row per transaction_id and card_id; append-only
-- Reads:   payments_enriched
-- Units:   in the names: *_cents, *_ms, seconds_*, km_*, kmh_*, *_days; *amount_to_card_* are
--          ratios; local_hour is 0 to 23 and local_weekday 0 (Monday) to 6 where the customer
--          lives; is_night, is_foreign and is_usual_device are 0 or 1
-- Source:  distance on a sphere: Sinnott 1984, "Virtues of the Haversine", Sky and Telescope 68;
--          ratio to the card's own mean: Bahnsen et al. 2016, doi:10.1016/j.eswa.2015.12.030
-- Owner:   maintainers
-- Feature: amount_to_card_mean_5m | ratio | card | amount | the amount divided by the mean of the
--          card's earlier payments in the last 5 minutes; unknown if there are none
-- Feature: amount_to_card_mean_24h | ratio | card | amount | the amount divided by the mean of the
--          card's earlier payments in the last 24 hours; unknown if there are none
-- Feature: amount_to_card_mean_7d | ratio | card | amount | the amount divided by the mean of the
--          card's earlier payments in the last 7 days; unknown if there are none
-- Feature: amount_to_card_usual_30d | ratio | card | amount | the amount divided by what the card
--          usually paid in the last 30 days; unknown if it did not pay
-- Feature: largest_amount_to_card_usual_7d | ratio | card | amount | the card's largest payment of
--          the last 7 days, with this one, divided by what it usually paid in 30 days; unknown if
--          it did not pay
-- Feature: largest_amount_to_card_usual_14d | ratio | card | amount | the card's largest payment of
--          the last 14 days, with this one, divided by what it usually paid in 30 days; unknown if
--          it did not pay
-- Feature: local_hour | hour, 0 to 23 | customer | time | hour of the day where the customer lives
-- Feature: local_weekday | day, 0 is Monday | customer | time | day of the week where the customer
--          lives
-- Feature: is_night | 0 or 1 | customer | time | before 6 o'clock where the customer lives
-- Feature: seconds_since_previous | seconds | card, 7 days | burst | since the card's previous
--          payment on any channel; unknown if that is more than 7 days ago
-- Feature: km_from_previous | km | card, 7 days | travel | distance from the place of the card's
--          previous payment; unknown if either was online
-- Feature: kmh_from_previous | km/h | card, 7 days | travel | speed that the way from there takes;
--          unknown if either was online
-- Feature: km_from_home | km | customer | place | distance from the customer's home; unknown online
-- Feature: is_foreign | 0 or 1 | customer | place | the merchant's country is not the customer's
-- Feature: is_usual_device | 0 or 1 | customer | device | online: the device is the customer's
--          usual one
-- Feature: account_age_days | days | customer | account | since the customer's account was opened
-- Feature: merchant_days_since_fraud | days | merchant, 90 days | merchant | since the merchant's
--          newest payment that was known to be fraud by the full hour whose snapshot the payment
--          uses; unknown if there is none in 90 days
-- Feature: merchant_days_since_oldest_fraud_35d | days | merchant | merchant | since the merchant's
--          oldest payment of 35 days that was known to be fraud by that full hour; unknown if there
--          is none
CREATE TEMPORARY VIEW payment_features AS
WITH angles AS (
    SELECT
        *,
        (event_ms + utc_offset_minutes * 60000) / 3600000 AS local_hours,
        POWER(SIN(RADIANS(latitude - previous_latitude) / 2), 2)
        + COS(RADIANS(previous_latitude)) * COS(RADIANS(latitude))
        * POWER(SIN(RADIANS(longitude - previous_longitude) / 2), 2) AS haversine_previous,
        POWER(SIN(RADIANS(latitude - home_latitude) / 2), 2)
        + COS(RADIANS(home_latitude)) * COS(RADIANS(latitude))
        * POWER(SIN(RADIANS(longitude - home_longitude) / 2), 2) AS haversine_home
    FROM payments_enriched
),

distances AS (
    SELECT
        *,
        CAST(MOD(local_hours, 24) AS INT) AS local_hour,
        -- The epoch began on a Thursday.
        CAST(MOD(local_hours / 24 + 3, 7) AS INT) AS local_weekday,
        CAST(event_ms - previous_ms AS DOUBLE PRECISION) / 1000 AS seconds_since_previous,
        -- Rounding can lift the haversine of opposite points above 1, where ASIN has no value.
        12742.0176 * ASIN(
            SQRT(CASE WHEN haversine_previous > 1 THEN 1 ELSE haversine_previous END)
        ) AS km_from_previous,
        12742.0176 * ASIN(
            SQRT(CASE WHEN haversine_home > 1 THEN 1 ELSE haversine_home END)
        ) AS km_from_home
    FROM angles
)

SELECT
    *,
    -- Divides by the mean of the earlier payments: amount * count / sum.
    CAST(amount_cents * card_txn_count_5m AS DOUBLE PRECISION)
    / NULLIF(card_amount_cents_5m, 0) AS amount_to_card_mean_5m,
    CAST(amount_cents * card_txn_count_24h AS DOUBLE PRECISION)
    / NULLIF(card_amount_cents_24h, 0) AS amount_to_card_mean_24h,
    CAST(amount_cents * card_txn_count_7d AS DOUBLE PRECISION)
    / NULLIF(card_amount_cents_7d, 0) AS amount_to_card_mean_7d,
    -- A cent more, as in the mean of logarithms, because an amount may be 0.
    (amount_cents + 1) / card_usual_cents_30d AS amount_to_card_usual_30d,
    (card_largest_cents_7d + 1) / card_usual_cents_30d AS largest_amount_to_card_usual_7d,
    (card_largest_cents_14d + 1) / card_usual_cents_30d AS largest_amount_to_card_usual_14d,
    CASE WHEN local_hour < 6 THEN 1 WHEN local_hour >= 6 THEN 0 END AS is_night,
    -- Payments less than a second apart count as one second apart, to avoid division by zero.
    km_from_previous * 3600
    / CASE WHEN seconds_since_previous < 1 THEN 1 ELSE seconds_since_previous END
        AS kmh_from_previous,
    CASE
        WHEN merchant_country = home_country THEN 0
        WHEN merchant_country <> home_country THEN 1
    END AS is_foreign,
    CASE
        WHEN device_id = usual_device_id THEN 1
        WHEN device_id <> usual_device_id THEN 0
    END AS is_usual_device,
    CAST(event_ms - account_opened_ms AS DOUBLE PRECISION) / 86400000 AS account_age_days,
    CAST(event_ms - merchant_newest_fraud_ms AS DOUBLE PRECISION) / 86400000
        AS merchant_days_since_fraud,
    CAST(event_ms - merchant_oldest_fraud_35d_ms AS DOUBLE PRECISION) / 86400000
        AS merchant_days_since_oldest_fraud_35d
FROM distances
