-- fill_scored_payments: made-up scored payments, evenly over a period that ends now.
--
-- Grain:   one row per payment
-- Reads:   customers, merchants
-- Units:   as scored_payments
-- Source:  amounts log-normal around 25; one in a hundred is suspected; shops differ in how busy
INSERT INTO scored_payments
WITH people AS (
    SELECT
        c.customer_id,
        c.home_latitude,
        c.home_longitude,
        c.home_country,
        c.utc_offset_minutes,
        ROW_NUMBER() OVER () - 1 AS number
    FROM customers AS c
),

shops AS (
    SELECT
        m.merchant_id,
        m.category,
        m.latitude,
        m.longitude,
        m.country,
        ROW_NUMBER() OVER () - 1 AS number
    FROM merchants AS m
),

draws AS (
    SELECT
        g AS number,
        FLOOR(RANDOM() * (SELECT COUNT(*) FROM people)) AS person,
        FLOOR(POWER(RANDOM(), 3) * (SELECT COUNT(*) FROM shops)) AS shop,
        EXP(3.2 + 1.1 * SQRT(-2 * LN(1 - RANDOM())) * COS(6.2832 * RANDOM())) * 100 AS cents,
        RANDOM() < 0.01 AS is_suspected,
        RANDOM() AS luck,
        NOW() - %(days)s * INTERVAL '1 day' * (1 - g / %(payments)s::double precision) AS at
    FROM GENERATE_SERIES(1, %(payments)s) AS g
),

scored AS (
    SELECT
        d.number,
        d.at,
        d.luck,
        p.customer_id,
        p.home_latitude,
        p.home_longitude,
        p.home_country,
        p.utc_offset_minutes,
        s.merchant_id,
        s.category,
        s.latitude,
        s.longitude,
        s.country,
        GREATEST(50, LEAST(d.cents, 500000))::bigint AS amount_cents,
        CASE WHEN d.is_suspected THEN 0.5 + d.luck / 2 ELSE POWER(d.luck, 8) / 2 END AS score,
        d.at AT TIME ZONE 'UTC' AS event_time,
        d.at AT TIME ZONE 'UTC' + p.utc_offset_minutes * INTERVAL '1 minute' AS local_time
    FROM draws AS d
    INNER JOIN people AS p ON d.person = p.number
    INNER JOIN shops AS s ON d.shop = s.number
)

SELECT
    'p-' || number,
    MD5(customer_id),
    customer_id,
    merchant_id,
    amount_cents,
    'EUR',
    CASE WHEN latitude IS NULL THEN 'online' WHEN category = 'cash' THEN 'atm' ELSE 'pos' END,
    latitude,
    longitude,
    NULL,
    LPAD((number %% 10000)::text, 4, '0'),
    (EXTRACT(EPOCH FROM at) * 1000)::bigint,
    event_time,
    event_time + INTERVAL '5 milliseconds',
    number %% 2,
    number / 2,
    NULL, NULL, NULL,
    9, 50000, 5, 2, 9000, 2, CASE WHEN score > 0.5 THEN 3 ELSE 0 END, 0, 1,
    home_latitude, home_longitude, home_country, utc_offset_minutes,
    NULL, NULL,
    category,
    country,
    TRUE, TRUE,
    NULL, amount_cents / 4500.0, amount_cents / 5600.0,
    EXTRACT(HOUR FROM local_time),
    EXTRACT(ISODOW FROM local_time) - 1,
    CASE WHEN EXTRACT(HOUR FROM local_time) < 6 THEN 1 ELSE 0 END,
    3600, 12.5, 12.5, 20,
    CASE WHEN country = home_country THEN 0 ELSE 1 END,
    NULL, 900,
    score,
    CASE WHEN number < %(payments)s * 0.7 THEN 'm-made-up-1' ELSE 'm-made-up-2' END,
    NULL, 1, FALSE,
    CASE WHEN score > 0.9 THEN 'block' WHEN score > 0.5 THEN 'review' ELSE 'approve' END,
    'made-up',
    event_time + INTERVAL '80 milliseconds',
    at + INTERVAL '100 milliseconds',
    -- The newest three in ten payments were scored by a challenger as well.
    CASE
        WHEN number >= %(payments)s * 0.7
            THEN GREATEST(0, LEAST(score * (0.8 + 0.4 * RANDOM()), 1))
    END,
    CASE WHEN number >= %(payments)s * 0.7 THEN 'm-made-up-3' END,
    -- Features of the merchant's risk are left out.
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    CASE WHEN luck < 0.01 THEN 1000 + (luck * 3600000)::bigint ELSE 0 END
FROM scored
ORDER BY number
