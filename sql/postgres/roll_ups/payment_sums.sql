-- payment_sums: counts and sums of payments, so that a chart of a month need not read them all.
--
-- Grain:   one row per bucket of time, currency, channel, merchant category and country, customer
--          group; a bucket is ten minutes, or an hour when it is more than three days ago
-- Units:   bucket_at is the bucket's beginning in UTC; *_cents are minor units of the currency
-- Source:  refresh_roll_ups fills it; it can be dropped at any time
CREATE TABLE dashboards.payment_sums (
    bucket_at timestamp NOT NULL,
    currency text NOT NULL,
    channel text NOT NULL,
    merchant_category text NOT NULL,
    merchant_country text NOT NULL,
    customer_group text NOT NULL,
    payment_count bigint NOT NULL,
    amount_cents bigint NOT NULL,
    suspected_count bigint NOT NULL,
    suspected_amount_cents bigint NOT NULL,
    blocked_count bigint NOT NULL,
    PRIMARY KEY (
        bucket_at, currency, channel, merchant_category, merchant_country, customer_group
    )
)
