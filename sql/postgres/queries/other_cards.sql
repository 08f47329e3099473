-- other_cards: the other cards that were used on the devices of some payments.
--
-- Grain:   one row per device and card, the newest first
-- Reads:   device_cards, scored_payments, labels, cases
-- Units:   times in UTC; fraud_count is of the card's payments on the device in the 31 days before
-- Source:  a look at two cards of a device tells more than a look at one
WITH others AS (
    SELECT *
    FROM device_cards
    WHERE device_id = ANY (%(device_ids)s) AND card_id <> %(card_id)s
    ORDER BY newest_event_time DESC
    LIMIT %(most)s
)

SELECT
    o.device_id,
    o.card_id,
    o.first_event_time,
    o.newest_event_time,
    paid.card_last4,
    paid.payment_count,
    paid.amount_cents,
    paid.currency,
    paid.fraud_count,
    (
        SELECT MAX(c.case_number)
        FROM cases AS c
        WHERE c.card_id = o.card_id
    ) AS case_number
FROM others AS o
INNER JOIN LATERAL (
    SELECT
        COUNT(*) AS payment_count,
        SUM(p.amount_cents) AS amount_cents,
        MAX(p.currency) AS currency,
        MAX(p.card_last4) AS card_last4,
        COUNT(*) FILTER (
            WHERE EXISTS (
                SELECT 1
                FROM labels AS l
                WHERE l.transaction_id = p.transaction_id AND l.is_fraud
            )
        ) AS fraud_count
    FROM scored_payments AS p
    WHERE
        p.card_id = o.card_id
        AND p.device_id = o.device_id
        AND p.event_time >= o.newest_event_time - INTERVAL '31 days'
) AS paid ON TRUE
ORDER BY o.newest_event_time DESC, o.card_id ASC
