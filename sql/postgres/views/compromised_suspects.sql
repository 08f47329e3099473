-- compromised_suspects: merchants where many cards paid that were misused soon after.
--
-- Grain:   one row per merchant with at least three such cards and a snapshot of its payments
-- Reads:   victim_visits, merchants_now
-- Units:   first_victim_at in UTC; times_expected is a ratio, 1 is what chance gives
-- Source:  the common point of purchase, as issuers look for it: how many misused cards had paid at
--          a merchant, compared with how many payments it has in total
CREATE VIEW dashboards.compromised_suspects AS
WITH shares AS (
    SELECT
        r.merchant_id,
        r.merchant,
        r.merchant_category,
        r.merchant_country,
        r.merchant_city,
        r.txn_count_28d * 1.0 / NULLIF(SUM(r.txn_count_28d) OVER (), 0) AS usual_share
    FROM dashboards.merchants_now AS r
),

compared AS (
    SELECT
        s.merchant_id,
        s.merchant,
        s.merchant_category,
        s.merchant_country,
        s.merchant_city,
        v.victim_count,
        v.first_victim_at,
        v.visit_count,
        SUM(v.visit_count) OVER () * s.usual_share AS expected_count
    FROM dashboards.victim_visits AS v
    INNER JOIN shares AS s ON v.merchant_id = s.merchant_id
)

SELECT
    merchant_id,
    merchant,
    merchant_category,
    merchant_country,
    merchant_city,
    first_victim_at,
    victim_count,
    visit_count / expected_count AS times_expected
FROM compared
WHERE victim_count >= 3 AND expected_count > 0
