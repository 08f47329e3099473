-- merchants: who takes the request's payment, if known.
--
-- Grain:   one row per merchant_id; at most one
-- Reads:   request, merchants
-- Source:  stands for sql/payments/enrich/merchants.sql, with the table of the same name
SELECT
    merchants.merchant_id,
    merchants.category,
    merchants.country
FROM request
INNER JOIN merchants ON request.merchant_id = merchants.merchant_id
