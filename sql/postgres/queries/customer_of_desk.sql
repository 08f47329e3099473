-- customer_of_desk: a customer as the desk shows one; the name only to who has asked for it.
--
-- Grain:   one row; none if the customer is unknown
-- Reads:   customers
-- Units:   account_opened_at in UTC
WITH wanted AS (
    SELECT %(is_name_shown)s::boolean AS is_name_shown
)

SELECT
    c.customer_id,
    CASE WHEN w.is_name_shown THEN c.name END AS name,
    CASE WHEN w.is_name_shown THEN c.email END AS email,
    c.home_city,
    c.home_country,
    c.utc_offset_minutes,
    c.account_opened_at,
    c.usual_device_id,
    c.segment
FROM customers AS c
CROSS JOIN wanted AS w
WHERE c.customer_id = %(customer_id)s
