-- fill_outcomes: copies and rejected messages, as many as a normal stream has.
--
-- Grain:   one row per message
-- Reads:   scored_payments
-- Units:   as duplicate_payments and rejected_payments
-- Source:  one in a hundred comes twice, one in five hundred is unusable: each so many-th and not by
--          chance, so that a day of few payments has some too
WITH numbered AS (
    SELECT
        p.transaction_id,
        p.card_id,
        p.kafka_partition,
        p.kafka_offset,
        p.event_time,
        p.arrived_at,
        2 * p.kafka_offset + p.kafka_partition AS number
    FROM scored_payments AS p
),

copies AS (
    INSERT INTO duplicate_payments
    SELECT
        'payments',
        kafka_partition,
        1000000000 + kafka_offset,
        transaction_id,
        card_id,
        2,
        event_time,
        arrived_at
    FROM numbered
    WHERE MOD(number, 100) = 1
)

INSERT INTO rejected_payments
SELECT
    'payments',
    kafka_partition,
    2000000000 + kafka_offset,
    (ARRAY['is no JSON', 'an amount is missing', 'no time'])[1 + MOD(number / 500, 3)::int],
    arrived_at,
    arrived_at
FROM numbered
WHERE MOD(number, 500) = 2
