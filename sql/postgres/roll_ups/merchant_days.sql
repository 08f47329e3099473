-- merchant_days: what is usual at a merchant, to notice an attack on it.
--
-- Grain:   one row per day and merchant with payments, of the last 35 days
-- Units:   day_at in UTC. small_count are online payments below 10 in the currency, high_count
--          payments with a score in the highest tenth of the model's test part, or suspected
-- Source:  refresh_roll_ups fills it; it can be dropped at any time
CREATE TABLE dashboards.merchant_days (
    day_at timestamp NOT NULL,
    merchant_id text NOT NULL,
    payment_count bigint NOT NULL,
    small_count bigint NOT NULL,
    high_count bigint NOT NULL,
    PRIMARY KEY (day_at, merchant_id)
)
