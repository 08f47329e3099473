-- merchant_windows: merchants where many cards show signs of an attack, with what is usual there.
--
-- Grain:   one row per merchant with at least least_cards such cards within the window
-- Reads:   scored_payments, attack_signs, merchant_days
-- Units:   counts are of different cards in the window of window_minutes that ends with the newest
--          payment, newest_at; all_small_count adds up those of all merchants; *_began_at is the
--          first of their payments. Shares are in [0, 1]: usual_small_share is the merchant's share
--          of all small online payments of a day, nine days in ten it is lower; usual_high_share is
--          the median share of a day with at least 20 payments; NULL if nobody knows
-- Source:  the newest payment's time stands for now, so that an old topic that is read again alarms
--          nobody about what comes within minutes of reading and not of paying. Days before today
--          only: an attack must not become what is usual
WITH asked (window_minutes, least_cards) AS (
    VALUES (%(window_minutes)s, %(least_cards)s)
),

newest AS (
    SELECT MAX(event_time) AS newest_at
    FROM scored_payments
    WHERE event_time <= NOW() AT TIME ZONE 'UTC' + interval '1 minute'
),

recent AS (
    SELECT
        n.newest_at,
        a.merchant_id,
        COUNT(DISTINCT a.card_id) AS card_count,
        COUNT(DISTINCT a.card_id) FILTER (WHERE a.is_small) AS small_card_count,
        COUNT(DISTINCT a.card_id) FILTER (WHERE a.is_high) AS high_card_count,
        MIN(a.event_time) FILTER (WHERE a.is_small) AS small_began_at,
        MIN(a.event_time) FILTER (WHERE a.is_high) AS high_began_at
    FROM newest AS n
    CROSS JOIN asked AS k
    INNER JOIN dashboards.attack_signs AS a
        ON
            n.newest_at - k.window_minutes * interval '1 minute' < a.event_time
            AND n.newest_at >= a.event_time
    GROUP BY n.newest_at, a.merchant_id
),

windows AS (
    SELECT
        r.*,
        (SELECT SUM(recent.small_card_count) FROM recent)::integer AS all_small_count
    FROM recent AS r
    CROSS JOIN asked AS k
    WHERE r.small_card_count >= k.least_cards OR r.high_card_count >= k.least_cards
),

-- Read only if there is somebody to judge.
days AS (
    SELECT
        d.day_at,
        SUM(d.small_count) AS small_count
    FROM dashboards.merchant_days AS d
    CROSS JOIN newest AS n
    WHERE
        EXISTS (SELECT 1 FROM windows)
        AND d.day_at >= DATE_TRUNC('day', n.newest_at) - interval '28 days'
        AND d.day_at < DATE_TRUNC('day', n.newest_at)
    GROUP BY d.day_at
),

usual AS (
    SELECT
        w.merchant_id,
        PERCENTILE_CONT(0.9) WITHIN GROUP (
            ORDER BY (d.small_count / NULLIF(a.small_count, 0))::double precision
        ) AS usual_small_share,
        PERCENTILE_CONT(0.5) WITHIN GROUP (
            ORDER BY d.high_count / d.payment_count::double precision
        ) FILTER (WHERE d.payment_count >= 20) AS usual_high_share
    FROM windows AS w
    INNER JOIN dashboards.merchant_days AS d ON w.merchant_id = d.merchant_id
    INNER JOIN days AS a ON d.day_at = a.day_at
    GROUP BY w.merchant_id
)

SELECT
    w.merchant_id,
    w.newest_at,
    w.card_count,
    w.small_card_count,
    w.high_card_count,
    w.all_small_count,
    w.small_began_at,
    w.high_began_at,
    u.usual_small_share,
    u.usual_high_share
FROM windows AS w
LEFT JOIN usual AS u ON w.merchant_id = u.merchant_id
ORDER BY w.merchant_id
