-- victim_visits: where misused cards had paid in the week before.
--
-- Grain:   one row per merchant where a misused card paid
-- Reads:   alerts, known_frauds, scored_payments
-- Units:   first_victim_at in UTC
-- Source:  cards blocked or known to be misused within 7 days. With a million payments a week this
--          takes seconds, so refresh_roll_ups does it only as often as costs a hundredth of a core
CREATE MATERIALIZED VIEW dashboards.victim_visits AS
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
)

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
GROUP BY p.merchant_id;

-- Lets it be refreshed while somebody reads it.
CREATE UNIQUE INDEX victim_visits_merchant_idx ON dashboards.victim_visits (merchant_id)
