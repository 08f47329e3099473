-- fill_merchant_risk: a snapshot of every merchant for each sixth hour of the last eight days.
--
-- Grain:   one row per merchant and six hours
-- Reads:   merchants
-- Units:   as merchant_risk
-- Source:  rates up to 0.02, drawn again each time
WITH hours AS (
    INSERT INTO merchant_risk_hours (hour_ms)
    SELECT FLOOR(EXTRACT(EPOCH FROM NOW()) / 21600)::bigint * 21600000 - number * 3600000
    FROM GENERATE_SERIES(-5, 192) AS number
    -- The stack's own refresh may have stored snapshots already, without any payments.
    ON CONFLICT (hour_ms) DO UPDATE SET hour_ms = excluded.hour_ms
    RETURNING hour_ms
)

INSERT INTO merchant_risk
SELECT
    m.merchant_id,
    h.hour_ms,
    h.hour_ms + 21600000,
    3,
    20,
    80,
    0,
    RANDOM() / 50,
    RANDOM() / 50,
    (EXTRACT(EPOCH FROM NOW()) * 1000 - RANDOM() * 864000000)::bigint
FROM merchants AS m
CROSS JOIN hours AS h
WHERE MOD(h.hour_ms, 21600000) = 0
