-- compromised_suspects: merchants where many cards paid that were misused soon after.
--
-- Grain:   one row per merchant with at least three such cards and a snapshot of its payments
-- Reads:   alerts, known_frauds, scored_payments, merchants_now
-- Units:   first_victim_at in UTC; times_expected is a ratio, 1 is what chance gives
-- Source:  the point that misused cards have in common, as issuers look for it: cards blocked or
--          known to be misused within 7 days, where they paid in the 7 days before, against how
--          many payments each merchant has at all
CREATE VIEW dashboards.compromised_suspects AS
WITH misused AS (
    SELECT
        a.card_id,
        a.event_time
    FROM alerts AS a
    WHERE a.decision = 'block' AND a.event_time > NOW() AT TIME ZONE 'UTC' - INTERVAL '7 days'
    UNION ALL
    SELECT
        f.card_id,
        f.event_time
    FROM dashboards.known_frauds AS f
    WHERE f.event_time > NOW() AT TIME ZONE 'UTC' - INTERVAL '7 days'
),

victims AS (
    SELECT
        v.card_id,
        MIN(v.event_time) AS first_misuse_at
    FROM misused AS v
    GROUP BY v.card_id
),

visits AS (
    SELECT
        p.merchant_id,
        COUNT(DISTINCT p.card_id) AS victim_count,
        MIN(v.first_misuse_at) AS first_victim_at,
        COUNT(*) AS visit_count
    FROM victims AS v
    INNER JOIN scored_payments AS p
        ON
            v.card_id = p.card_id
            AND v.first_misuse_at > p.event_time
            AND v.first_misuse_at <= p.event_time + INTERVAL '7 days'
    WHERE p.decision = 'approve'
    GROUP BY p.merchant_id
),

shares AS (
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
    FROM visits AS v
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
