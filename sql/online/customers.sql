-- customers: the holder of the request's card, if known.
--
-- Grain:   one row per customer_id; at most one
-- Reads:   request, customers
-- Units:   degrees; account_opened_ms is UTC epoch milliseconds
-- Source:  stands for sql/payments/enrich/customers.sql, with the table of the same name
SELECT
    customers.customer_id,
    customers.home_latitude,
    customers.home_longitude,
    customers.home_country,
    customers.utc_offset_minutes,
    customers.account_opened_ms,
    customers.usual_device_id
FROM request
INNER JOIN customers ON request.customer_id = customers.customer_id
