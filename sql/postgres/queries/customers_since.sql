-- customers_since: who paid after a moment.
--
-- Grain:   one row per customer_id
-- Reads:   scored_payments
-- Units:   event_time in UTC
-- Source:  the demo sends no payments of customers who paid in a live run shortly before
SELECT DISTINCT customer_id
FROM scored_payments
WHERE event_time >= %(since)s AT TIME ZONE 'UTC'
