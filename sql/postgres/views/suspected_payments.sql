-- suspected_payments: each alert with where, how much, and what suggests fraud.
--
-- Grain:   one row per payment (transaction_id, card_id) whose decision is review or block
-- Reads:   alerts, customers, merchants
-- Units:   amount in the currency, not in cents; score_pct from 0 to 100; event_time in UTC;
--          local_hour and weekday where the customer lives
-- Source:  the reasons are those of dashboards.alert_reasons, which come within 2 s
CREATE VIEW dashboards.suspected_payments AS
WITH told AS (
    SELECT
        a.transaction_id,
        a.event_time,
        a.decision,
        a.score,
        a.amount_cents,
        a.currency,
        a.channel,
        a.card_id,
        a.card_last4,
        a.customer_id,
        a.merchant_id,
        a.merchant_category,
        a.merchant_country,
        a.latitude,
        a.longitude,
        a.local_hour,
        a.local_weekday,
        a.model_version,
        m.name AS merchant_name,
        m.city AS merchant_city,
        c.segment,
        COALESCE(
            dashboards.main_reason(a.transaction_id, a.card_id), 'not explained'
        ) AS main_reason,
        dashboards.alert_reasons(a.transaction_id, a.card_id) AS reasons
    FROM alerts AS a
    LEFT JOIN merchants AS m ON a.merchant_id = m.merchant_id
    LEFT JOIN customers AS c ON a.customer_id = c.customer_id
)

SELECT
    transaction_id,
    event_time,
    decision,
    ROUND(score::numeric * 100, 1)::double precision AS score_pct,
    amount_cents / 100.0::double precision AS amount,
    currency,
    channel,
    card_id,
    '… ' || card_last4 AS card,
    customer_id,
    COALESCE(segment, 'unknown') AS customer_group,
    merchant_id,
    COALESCE(merchant_name, 'unknown') AS merchant,
    COALESCE(merchant_category, 'unknown') AS merchant_category,
    COALESCE(merchant_country, 'unknown') AS merchant_country,
    merchant_city,
    latitude,
    longitude,
    local_hour,
    (ARRAY['1 Mon', '2 Tue', '3 Wed', '4 Thu', '5 Fri', '6 Sat', '7 Sun'])[local_weekday + 1]
        AS weekday,
    model_version,
    main_reason,
    reasons
FROM told
