-- suspected_payments: each alert with where, how much, and what suggests fraud.
--
-- Grain:   one row per payment (transaction_id, card_id) whose decision is review or block
-- Reads:   alerts, customers, merchants, desk_now
-- Units:   amount in the currency, not in cents; at_stake is score times amount; score_pct from 0
--          to 100; event_time and stored_at in UTC; local_hour and local_day where the customer
--          lives
-- Source:  the reasons are those of dashboards.alert_reasons, which come within 2 s. A payment
--          without a score is at stake as a whole. decision_chip and card_link are HTML; the card
--          leads to its time line and, while the desk answers, to its case
CREATE VIEW dashboards.suspected_payments AS
WITH told AS (
    SELECT
        a.transaction_id,
        a.event_time,
        a.stored_at,
        a.decision,
        a.score,
        a.amount_cents,
        a.currency,
        a.channel,
        a.card_id,
        a.card_last4,
        a.home_country,
        a.customer_id,
        a.merchant_id,
        a.merchant_category,
        a.merchant_country,
        a.latitude,
        a.longitude,
        a.local_hour,
        a.utc_offset_minutes,
        a.model_version,
        m.name AS merchant_name,
        m.city AS merchant_city,
        c.segment,
        d.desk_address,
        COALESCE(
            dashboards.main_reason(a.transaction_id, a.card_id), 'not explained'
        ) AS main_reason,
        dashboards.alert_reasons(a.transaction_id, a.card_id) AS reasons
    FROM alerts AS a
    LEFT JOIN merchants AS m ON a.merchant_id = m.merchant_id
    LEFT JOIN customers AS c ON a.customer_id = c.customer_id
    LEFT JOIN dashboards.desk_now AS d ON TRUE
)

SELECT
    transaction_id,
    event_time,
    stored_at AT TIME ZONE 'UTC' AS stored_at,
    decision,
    dashboards.decision_chip(decision) AS decision_chip,
    ROUND(score::numeric * 100, 1)::double precision AS score_pct,
    amount_cents / 100.0::double precision AS amount,
    ROUND((COALESCE(score, 1) * amount_cents / 100)::numeric, 2)::double precision AS at_stake,
    currency,
    dashboards.in_words(channel) AS channel,
    card_id,
    '… ' || card_last4 AS card,
    dashboards.card_link(
        dashboards.card_label(card_id, card_last4, home_country), card_last4
    )
    || CASE
        WHEN desk_address IS NOT NULL
            THEN FORMAT(
                ' <a href="%s/cases/by-payment/%s">case</a>',
                desk_address,
                dashboards.url_escaped(transaction_id)
            )
        ELSE ''
    END AS card_link,
    customer_id,
    dashboards.in_words(segment) AS customer_group,
    merchant_id,
    COALESCE(merchant_name, 'Unknown') AS merchant,
    dashboards.in_words(merchant_category) AS merchant_category,
    dashboards.country_name(merchant_country) AS merchant_country,
    merchant_city,
    latitude,
    longitude,
    local_hour,
    DATE_TRUNC('day', event_time + MAKE_INTERVAL(mins => utc_offset_minutes)) AS local_day,
    model_version,
    main_reason,
    reasons
FROM told
