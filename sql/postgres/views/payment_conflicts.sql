-- payment_conflicts: payments that reuse a transaction_id of their card, beside the first one.
--
-- Grain:   one row per message
-- Reads:   conflicting_payments, scored_payments, merchants
-- Units:   amounts in the currency, not in cents; times in UTC
-- Source:  the payment that arrived first is stored and scored; stored_* are its values
CREATE VIEW dashboards.payment_conflicts AS
SELECT
    c.arrived_at,
    c.transaction_id,
    c.card_id,
    '… ' || c.card_last4 AS card,
    c.reason,
    c.amount_cents / 100.0::double precision AS amount,
    c.currency,
    COALESCE(m.name, c.merchant_id) AS merchant,
    c.event_time,
    p.amount_cents / 100.0::double precision AS stored_amount,
    p.currency AS stored_currency,
    COALESCE(s.name, p.merchant_id) AS stored_merchant,
    p.event_time AS stored_event_time,
    p.decision AS stored_decision
FROM conflicting_payments AS c
LEFT JOIN scored_payments AS p
    ON c.transaction_id = p.transaction_id AND c.card_id = p.card_id
LEFT JOIN merchants AS m ON c.merchant_id = m.merchant_id
LEFT JOIN merchants AS s ON p.merchant_id = s.merchant_id
