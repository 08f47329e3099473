-- merchant_risk_days: the risk of the request's merchant at each full hour of the request's day.
--
-- Grain:   one row per merchant_id and day_ms; at most one
-- Reads:   request, merchant_risk_days
-- Units:   *_ms are UTC epoch milliseconds; fraud_rates_* in [0, 1]; NULL is unknown
-- Source:  stands for sql/payments/enrich/merchant_risk_days.sql, with the view of the same name,
--          which would compute all merchants if it did not get one
SELECT days.*
FROM request
CROSS JOIN LATERAL (
    SELECT *
    FROM merchant_risk_days AS risk
    WHERE
        risk.merchant_id = request.merchant_id
        AND risk.day_ms
        = request.event_ms - 600000 - MOD(request.event_ms - 600000, 86400000::bigint)
) AS days
