-- payments_checked: every payment, among those payments of its card that it may see.
--
-- Grain:   one row per transaction_id and card_id. A card as of a touched payment's arrival has a
--          separate card_id; `is_asked` is true once for each payment
-- Reads:   payments_arrived, touched_payments
-- Window:  of a crowded card, the payment and the newest 10,000 earlier ones
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Order:   the card with its whole history answers for payments that are not touched
-- Source:  stands for sql/payments/intake/payments_checked.sql; none here was rejected
CREATE TEMPORARY VIEW payments_checked AS
WITH card_views AS (
    SELECT DISTINCT
        true_card_id,
        is_crowded,
        seen_up_to_offset,
        seen_from_ms
    FROM touched_payments
    WHERE is_answered
),

seen AS (
    SELECT
        card_views.true_card_id,
        card_views.is_crowded,
        card_views.seen_up_to_offset,
        payments.transaction_id,
        -- Counts the other payments: the one that arrived last always sees itself.
        ROW_NUMBER() OVER (
            PARTITION BY
                card_views.true_card_id,
                card_views.seen_up_to_offset,
                card_views.seen_up_to_offset = payments.kafka_offset
            ORDER BY payments.event_ms DESC, payments.kafka_offset DESC
        ) AS youth
    FROM card_views
    INNER JOIN payments_arrived AS payments
        ON
            card_views.true_card_id = payments.true_card_id
            AND card_views.seen_up_to_offset >= payments.kafka_offset
            AND card_views.seen_from_ms <= payments.event_ms
),

kept AS (
    SELECT
        seen.true_card_id || ' up to ' || seen.seen_up_to_offset AS card_id,
        touched.transaction_id IS NOT NULL AS is_asked,
        seen.true_card_id,
        seen.transaction_id
    FROM seen
    LEFT JOIN touched_payments AS touched
        ON
            seen.transaction_id = touched.transaction_id
            AND seen.true_card_id = touched.true_card_id
            AND seen.seen_up_to_offset = touched.seen_up_to_offset
    WHERE NOT seen.is_crowded OR seen.youth <= 10000
)

SELECT
    payments.true_card_id AS card_id,
    payments.is_wanted AND touched.transaction_id IS NULL AS is_asked,
    payments.*
FROM payments_arrived AS payments
LEFT JOIN touched_payments AS touched
    ON
        payments.transaction_id = touched.transaction_id
        AND payments.true_card_id = touched.true_card_id
UNION ALL
SELECT
    kept.card_id,
    kept.is_asked,
    payments.*
FROM kept
INNER JOIN payments_arrived AS payments
    ON
        kept.transaction_id = payments.transaction_id
        AND kept.true_card_id = payments.true_card_id
