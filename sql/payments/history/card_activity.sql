-- card_activity: where a card last paid, and how busy it was up to each payment.
--
-- Grain:   one row per Kafka message; in Flink a copy, a conflict and a rejected message have NULLs
-- Reads:   payments_checked
-- Window:  event time, 30, 14 and 7 days, 24 hours and 5 minutes up to and including this instant,
--          of what had arrived. Counts, sums and the usual amount exclude the payment itself; the
--          number of different merchants and the largest amount include it
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Order:   an out-of-order payment takes its place by event time. It sees payments that are earlier
--          and had already arrived; payments that arrive later see it. Equal times are in order of
--          arrival. docs/architecture.md, "Time"
-- Source:  bursts and habits: Whitrow et al. 2009, doi:10.1007/s10618-008-0116-z; card testing and
--          far places within a short time: Bolton and Hand 2002, doi:10.1214/ss/1042727940
-- Owner:   maintainers
-- Feature: card_txn_count_5m | count | card | burst | the card's payments in the last 5 minutes,
--          without this one
-- Feature: card_amount_cents_5m | cents | card | burst | the amounts of the card's payments in the
--          last 5 minutes together, without this one
-- Feature: card_merchant_count_5m | count | card | burst | different merchants of the card in the
--          last 5 minutes, with this one
-- Feature: card_txn_count_24h | count | card | day | the card's payments in the last 24 hours,
--          without this one
-- Feature: card_amount_cents_24h | cents | card | day | the amounts of the card's payments in the
--          last 24 hours together, without this one
-- Feature: card_merchant_count_24h | count | card | day | different merchants of the card in the
--          last 24 hours, with this one
-- Feature: card_txn_count_7d | count | card | week | the card's payments in the last 7 days,
--          without this one
-- Feature: card_amount_cents_7d | cents | card | week | the amounts of the card's payments in the
--          last 7 days together, without this one
-- Feature: card_merchant_count_7d | count | card | week | different merchants of the card in the
--          last 7 days, with this one
-- Feature: card_usual_cents_30d | cents | card | amount | what the card usually paid in the last 30
--          days: the geometric mean, which a few large payments hardly move, without this one;
--          unknown if it did not pay
CREATE TEMPORARY VIEW card_activity AS
SELECT
    *,
    MAX(event_ms) OVER so_far - event_ms AS came_behind_ms,
    -- An older one says nothing about a distance or a speed, and a card may not keep it.
    CASE
        WHEN event_ms - LAG(event_ms) OVER payments <= 604800000 THEN LAG(event_ms) OVER payments
    END AS previous_ms,
    CASE
        WHEN event_ms - LAG(event_ms) OVER payments <= 604800000 THEN LAG(latitude) OVER payments
    END AS previous_latitude,
    CASE
        WHEN event_ms - LAG(event_ms) OVER payments <= 604800000 THEN LAG(longitude) OVER payments
    END AS previous_longitude,
    -- OVER always includes the current row, so take it back out.
    -- The geometric mean: a few large payments, as a thief makes them, hardly move it. Logarithms
    -- are summed as whole millionths, because sums of fractions differ between engines.
    EXP(
        CAST(
            SUM(
                CAST(
                    FLOOR(1000000 * LN(CAST(GREATEST(amount_cents, 0) AS DOUBLE PRECISION) + 1))
                    AS BIGINT
                )
            ) OVER last_30d
            - CAST(
                FLOOR(1000000 * LN(CAST(GREATEST(amount_cents, 0) AS DOUBLE PRECISION) + 1))
                AS BIGINT
            ) AS DOUBLE PRECISION
        )
        / (1000000 * NULLIF(COUNT(*) OVER last_30d - 1, 0))
    ) AS card_usual_cents_30d,
    MAX(amount_cents) OVER last_14d AS card_largest_cents_14d,
    MAX(amount_cents) OVER last_7d AS card_largest_cents_7d,
    CAST(COUNT(*) OVER last_7d - 1 AS INT) AS card_txn_count_7d,
    CAST(SUM(amount_cents) OVER last_7d - amount_cents AS BIGINT) AS card_amount_cents_7d,
    CAST(COUNT(DISTINCT merchant_id) OVER last_7d AS INT) AS card_merchant_count_7d,
    CAST(COUNT(*) OVER last_24h - 1 AS INT) AS card_txn_count_24h,
    CAST(SUM(amount_cents) OVER last_24h - amount_cents AS BIGINT) AS card_amount_cents_24h,
    CAST(COUNT(DISTINCT merchant_id) OVER last_24h AS INT) AS card_merchant_count_24h,
    CAST(COUNT(*) OVER last_5m - 1 AS INT) AS card_txn_count_5m,
    CAST(SUM(amount_cents) OVER last_5m - amount_cents AS BIGINT) AS card_amount_cents_5m,
    CAST(COUNT(DISTINCT merchant_id) OVER last_5m AS INT) AS card_merchant_count_5m
FROM payments_checked
WINDOW
    so_far AS (PARTITION BY card_id ORDER BY kafka_offset),
    payments AS (PARTITION BY card_id ORDER BY event_ms, kafka_offset),
    last_30d AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '30' DAY PRECEDING AND CURRENT ROW
    ),
    last_14d AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '14' DAY PRECEDING AND CURRENT ROW
    ),
    last_7d AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW
    ),
    last_24h AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '24' HOUR PRECEDING AND CURRENT ROW
    ),
    last_5m AS (
        PARTITION BY card_id
        ORDER BY event_time
        RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW
    )
