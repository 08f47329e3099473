-- payments_by_number: stored payments with a transaction_id, and the case that each is in.
--
-- Grain:   one row per card that has used it
-- Reads:   scored_payments, case_alerts, merchants
-- Units:   amount_cents in minor units of the currency; event_time in UTC
SELECT
    p.transaction_id,
    p.card_id,
    p.card_last4,
    p.event_time,
    p.amount_cents,
    p.currency,
    COALESCE(m.name, p.merchant_id) AS merchant,
    p.merchant_country,
    a.case_number
FROM scored_payments AS p
LEFT JOIN case_alerts AS a ON p.transaction_id = a.transaction_id AND p.card_id = a.card_id
LEFT JOIN merchants AS m ON p.merchant_id = m.merchant_id
WHERE p.transaction_id = %(transaction_id)s
ORDER BY p.card_id
