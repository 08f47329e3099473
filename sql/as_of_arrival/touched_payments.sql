-- touched_payments: payments whose windows their card's whole history would get wrong.
--
-- Grain:   one row per transaction_id and true_card_id
-- Reads:   payments_arrived
-- Window:  what a card keeps: 32 days, and the newest 10,000 payments of them
-- Units:   *_ms are UTC epoch milliseconds
-- Order:   a payment is touched if one with an earlier or equal time arrived after it, if it came
--          so late that its card no longer kept all of its month, or if its card was crowded. A
--          history that is in order has none, and one window is enough to see that
-- Source:  sql/payments/history/card_activity.sql sees all of a card at once. What had arrived and
--          was kept: docs/architecture.md, "Time"
CREATE TEMPORARY TABLE touched_payments AS
WITH arrivals AS (
    SELECT
        transaction_id,
        true_card_id,
        event_ms,
        kafka_offset,
        is_wanted,
        MAX(event_ms) OVER (
            PARTITION BY true_card_id
            ORDER BY kafka_offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS newest_before_ms
    FROM payments_arrived
),

odd_cards AS (
    SELECT true_card_id
    FROM arrivals
    GROUP BY true_card_id
    HAVING BOOL_OR(event_ms <= newest_before_ms) OR COUNT(*) > 10000
),

neighbours AS (
    SELECT
        arrivals.*,
        COALESCE(arrivals.event_ms <= arrivals.newest_before_ms, FALSE) AS is_behind,
        MAX(arrivals.kafka_offset) OVER up_to_its_time AS last_offset,
        COUNT(*) OVER kept_days_before AS before_count,
        COUNT(*) OVER kept_days_around AS around_count
    FROM arrivals
    INNER JOIN odd_cards ON arrivals.true_card_id = odd_cards.true_card_id
    WINDOW
        up_to_its_time AS (PARTITION BY arrivals.true_card_id ORDER BY arrivals.event_ms),
        kept_days_before AS (
            PARTITION BY arrivals.true_card_id
            ORDER BY arrivals.event_ms
            RANGE BETWEEN 2764800000 PRECEDING AND CURRENT ROW
        ),
        kept_days_around AS (
            PARTITION BY arrivals.true_card_id
            ORDER BY arrivals.event_ms
            RANGE BETWEEN 2764800000 PRECEDING AND 2764800000 FOLLOWING
        )
),

-- The counts include payments that arrived later, so they are upper bounds of what was kept.
counted AS (
    SELECT
        *,
        CASE WHEN is_behind THEN around_count ELSE before_count END AS kept_count,
        MAX(CASE WHEN is_behind THEN kafka_offset END) OVER (
            PARTITION BY true_card_id
            ORDER BY kafka_offset
        ) AS run_offset
    FROM neighbours
),

-- Between one out-of-order payment and the next, a card's payments are in order, so what had
-- arrived by the last of them answers for all. On a crowded card, each payment has its own view.
touched AS (
    SELECT
        transaction_id,
        true_card_id,
        event_ms,
        kafka_offset,
        kept_count,
        kept_count > 10000 AS is_crowded,
        GREATEST(event_ms, newest_before_ms) AS newest_ms,
        CASE WHEN kept_count > 10000 THEN kafka_offset ELSE COALESCE(run_offset, -1) END
            AS view_offset
    FROM counted
    WHERE
        is_wanted
        AND (
            last_offset > kafka_offset
            OR event_ms < newest_before_ms - 172800000
            OR kept_count > 10000
        )
),

card_views AS (
    SELECT
        true_card_id,
        is_crowded,
        view_offset,
        MAX(kafka_offset) AS seen_up_to_offset,
        GREATEST(MIN(newest_ms) - 2764800000, MIN(event_ms) - 2592000000) AS seen_from_ms,
        MAX(CASE WHEN kept_count > 10000 THEN 10000 ELSE kept_count END) AS row_count
    FROM touched
    GROUP BY
        true_card_id,
        is_crowded,
        view_offset
),

-- Large cards that are rarely in order would need endless views, so a sample has to do.
chosen_views AS (
    SELECT
        *,
        SUM(row_count) OVER (
            ORDER BY MD5(true_card_id || seen_up_to_offset)
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) <= 5000000 AS is_answered
    FROM card_views
)

SELECT
    touched.transaction_id,
    touched.true_card_id,
    touched.is_crowded,
    chosen_views.seen_up_to_offset,
    chosen_views.seen_from_ms,
    chosen_views.is_answered
FROM touched
INNER JOIN chosen_views
    ON
        touched.true_card_id = chosen_views.true_card_id
        AND touched.is_crowded = chosen_views.is_crowded
        AND touched.view_offset = chosen_views.view_offset
