-- fill_outcomes: copies, conflicts and rejected messages, as many as a normal stream has.
--
-- Grain:   one row per message
-- Reads:   scored_payments
-- Units:   as duplicate_payments, conflicting_payments and rejected_payments
-- Source:  one in a hundred comes twice, one in five hundred is unusable, one in a thousand comes
--          again with another amount: at fixed intervals and not at random, so that a day of few
--          payments has some too
WITH copies AS (
    INSERT INTO duplicate_payments
    SELECT
        'payments',
        p.kafka_partition,
        1000000000 + p.kafka_offset,
        p.transaction_id,
        p.card_id,
        p.event_time,
        p.arrived_at
    FROM scored_payments AS p
    WHERE MOD(p.kafka_offset, 100) = 1
),

conflicts AS (
    INSERT INTO conflicting_payments
    SELECT
        'payments',
        p.kafka_partition,
        3000000000 + p.kafka_offset,
        p.transaction_id,
        p.card_id,
        p.customer_id,
        p.merchant_id,
        p.amount_cents + 100,
        p.currency,
        p.channel,
        p.latitude,
        p.longitude,
        p.device_id,
        p.card_last4,
        p.event_ms,
        p.event_time,
        p.arrived_at,
        'another amount_cents'
    FROM scored_payments AS p
    WHERE MOD(p.kafka_offset, 1000) = 3
)

INSERT INTO rejected_payments
SELECT
    'payments',
    p.kafka_partition,
    2000000000 + p.kafka_offset,
    (ARRAY['is no JSON', 'an amount is missing', 'no time'])[1 + MOD(p.kafka_offset / 500, 3)::int],
    p.arrived_at,
    p.arrived_at
FROM scored_payments AS p
WHERE MOD(p.kafka_offset, 500) = 2
