-- fill_outcomes: copies and rejected messages, as many as a normal stream has.
--
-- Grain:   one row per message
-- Reads:   scored_payments
-- Units:   as duplicate_payments and rejected_payments
-- Source:  one in a hundred comes twice, one in five hundred is unusable: each so many-th and not by
--          chance, so that a day of few payments has some too
WITH copies AS (
    INSERT INTO duplicate_payments
    SELECT
        'payments',
        p.kafka_partition,
        1000000000 + p.kafka_offset,
        p.transaction_id,
        p.card_id,
        2,
        p.event_time,
        p.arrived_at
    FROM scored_payments AS p
    WHERE MOD(p.kafka_offset, 100) = 1
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
