-- payment_volume: how many payments there were, their amounts, and how much was suspected.
--
-- Grain:   one row, sometimes two, per bucket of time, currency, channel, merchant category and
--          country, customer group; a bucket is ten minutes, or an hour when it is more than three
--          days ago. Add up, never average
-- Reads:   payment_sums, recent_payment_sums
-- Units:   amounts in the currency, not in cents; bucket_at is the bucket's beginning in UTC
-- Source:  suspected means that the decision is review or block
CREATE VIEW dashboards.payment_volume AS
WITH sums AS (
    SELECT
        s.bucket_at,
        s.currency,
        s.channel,
        s.merchant_category,
        s.merchant_country,
        s.customer_group,
        s.payment_count,
        s.amount_cents,
        s.suspected_count,
        s.suspected_amount_cents,
        s.blocked_count
    FROM dashboards.payment_sums AS s
    UNION ALL
    SELECT
        r.bucket_at,
        r.currency,
        r.channel,
        r.merchant_category,
        r.merchant_country,
        r.customer_group,
        r.payment_count,
        r.amount_cents,
        r.suspected_count,
        r.suspected_amount_cents,
        r.blocked_count
    FROM dashboards.recent_payment_sums() AS r
)

SELECT
    bucket_at AS event_time,
    currency,
    dashboards.in_words(channel) AS channel,
    dashboards.in_words(merchant_category) AS merchant_category,
    dashboards.country_name(merchant_country) AS merchant_country,
    dashboards.in_words(customer_group) AS customer_group,
    payment_count,
    amount_cents / 100.0::double precision AS amount,
    suspected_count,
    suspected_amount_cents / 100.0::double precision AS suspected_amount,
    blocked_count
FROM sums
