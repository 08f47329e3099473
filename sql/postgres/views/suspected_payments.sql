-- suspected_payments: each alert with where, how much, and what suggests fraud.
--
-- Grain:   one row per payment (transaction_id, card_id) whose decision is review or block
-- Reads:   alerts, customers, merchants
-- Units:   amount in the currency, not in cents; score_pct from 0 to 100; event_time in UTC;
--          local_hour and weekday where the customer lives
-- Source:  the reasons are those of swipestream/demo/alert_text.py, at most three of them
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
        ARRAY_REMOVE(
            ARRAY[
                CASE
                    WHEN a.kmh_from_previous > 900 AND a.km_from_previous > 100
                        THEN
                            FORMAT(
                                '%s km from the previous payment, %s s earlier',
                                ROUND(a.km_from_previous), ROUND(a.seconds_since_previous)
                            )
                END,
                CASE
                    WHEN a.card_txn_count_5m >= 2
                        THEN FORMAT('%s payments within 5 minutes', a.card_txn_count_5m + 1)
                END,
                CASE
                    WHEN a.amount_to_card_mean_7d >= 3
                        THEN
                            FORMAT('%s times the card''s mean', ROUND(a.amount_to_card_mean_7d))
                END,
                CASE WHEN a.is_usual_device = 0 THEN 'unusual device' END,
                CASE
                    WHEN a.is_foreign = 1 AND a.km_from_home > 100
                        THEN FORMAT('%s km from home', ROUND(a.km_from_home))
                    WHEN a.is_foreign = 1 THEN 'merchant abroad'
                END,
                CASE WHEN a.is_night = 1 THEN 'at night' END,
                CASE
                    WHEN a.card_txn_count_24h >= 3
                        THEN FORMAT('%s payments within a day', a.card_txn_count_24h + 1)
                END
            ],
            NULL
        ) AS reasons
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
    COALESCE(
        NULLIF(ARRAY_TO_STRING(reasons[1:3], '; '), ''), 'no single sign, the whole pattern'
    ) AS reasons
FROM told
