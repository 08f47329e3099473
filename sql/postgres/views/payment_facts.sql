-- payment_facts: what charts ask of a payment, with the customer's group and without gaps.
--
-- Grain:   one row per payment (transaction_id, card_id)
-- Reads:   scored_payments, customers
-- Units:   amount_cents in minor units of the card currency; event_time in UTC
-- Source:  a blank in a legend cannot be clicked, so a missing word is "unknown"
CREATE VIEW dashboards.payment_facts AS
SELECT
    p.transaction_id,
    p.stored_at,
    p.event_time,
    p.currency,
    p.channel,
    COALESCE(p.merchant_category, 'unknown') AS merchant_category,
    COALESCE(p.merchant_country, 'unknown') AS merchant_country,
    COALESCE(c.segment, 'unknown') AS customer_group,
    p.amount_cents,
    p.decision
FROM scored_payments AS p
LEFT JOIN customers AS c ON p.customer_id = c.customer_id
