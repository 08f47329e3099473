-- misjudged_messages: messages whose stored outcome is not the one that follows from the log.
--
-- Grain:   one row per message
-- Reads:   arrived_payments, stored_payments, noted_places, log_ends
-- Window:  what a card keeps: 32 days, and the newest 10,000 payments of them
-- Units:   *_ms are UTC epoch milliseconds
-- Order:   of several messages with the same transaction_id and card, the first is the payment, for
--          as long as the card keeps it. A card in several partitions has no order and is not
--          judged; neither is a message without an outcome yet
-- Source:  docs/architecture.md, "Nothing is lost in silence". The stored payments stand in for
--          what the log no longer holds
WITH told AS (
    SELECT
        arrived.kafka_partition,
        arrived.kafka_offset,
        arrived.transaction_id,
        arrived.card_id,
        arrived.amount_cents,
        arrived.merchant_id,
        arrived.event_ms,
        arrived.newest_ms,
        arrived.card_count,
        arrived.kafka_offset >= log_ends.judged_from_offset
        AND arrived.event_ms >= log_ends.since_ms AS is_judged,
        COALESCE(arrived.outcome, CASE WHEN stored.transaction_id IS NOT NULL THEN 'scored' END)
            AS outcome
    FROM arrived_payments AS arrived
    INNER JOIN log_ends ON arrived.kafka_partition = log_ends.kafka_partition
    LEFT JOIN stored_payments AS stored
        ON
            arrived.kafka_partition = stored.kafka_partition
            AND arrived.kafka_offset = stored.kafka_offset
            AND arrived.transaction_id = stored.transaction_id
),

ages AS (
    SELECT
        *,
        CASE
            WHEN event_ms < newest_ms - 2764800000 THEN 'rejected as too old'
            WHEN outcome = 'rejected as too old' THEN 'scored'
        END AS expected
    FROM told
    WHERE outcome IN ('scored', 'rejected as too old')
),

numbers AS (
    SELECT *
    FROM told
    WHERE outcome IS DISTINCT FROM 'rejected as too old'
    UNION ALL
    -- The first message may be older than what the log still holds.
    SELECT DISTINCT
        noted_places.first_partition AS kafka_partition,
        noted_places.first_offset AS kafka_offset,
        noted_places.transaction_id,
        noted_places.card_id,
        noted_places.first_amount_cents AS amount_cents,
        noted_places.first_merchant_id AS merchant_id,
        noted_places.first_event_ms AS event_ms,
        CAST(NULL AS BIGINT) AS newest_ms,
        0 AS card_count,
        FALSE AS is_judged,
        'scored' AS outcome
    FROM noted_places
    INNER JOIN log_ends ON noted_places.first_partition = log_ends.kafka_partition
    WHERE noted_places.first_offset < log_ends.first_offset
),

counted AS (
    SELECT
        *,
        ROW_NUMBER() OVER so_far AS copy_number,
        FIRST_VALUE(amount_cents) OVER so_far AS first_amount_cents,
        FIRST_VALUE(merchant_id) OVER so_far AS first_merchant_id,
        FIRST_VALUE(event_ms) OVER so_far AS first_event_ms,
        COUNT(*) OVER all_of_them AS message_count,
        MIN(kafka_partition) OVER all_of_them < MAX(kafka_partition) OVER all_of_them AS is_split
    FROM numbers
    WINDOW
        all_of_them AS (PARTITION BY transaction_id, card_id),
        so_far AS (PARTITION BY transaction_id, card_id ORDER BY kafka_offset)
),

copies AS (
    SELECT
        *,
        CONCAT_WS(
            ', ',
            CASE WHEN amount_cents <> first_amount_cents THEN 'amount_cents' END,
            CASE WHEN merchant_id <> first_merchant_id THEN 'merchant_id' END,
            CASE WHEN event_ms <> first_event_ms THEN 'event_ms' END
        ) AS differing
    FROM counted
    WHERE (message_count > 1 OR outcome <> 'scored') AND NOT is_split
),

judged AS (
    SELECT
        kafka_partition,
        kafka_offset,
        transaction_id,
        card_id,
        event_ms,
        is_judged,
        outcome,
        expected
    FROM ages
    UNION ALL
    SELECT
        kafka_partition,
        kafka_offset,
        transaction_id,
        card_id,
        event_ms,
        is_judged,
        outcome,
        CASE
            WHEN copy_number = 1 THEN 'scored'
            WHEN first_event_ms < newest_ms - 2764800000 OR card_count > 10000 THEN NULL
            WHEN differing = '' THEN 'duplicate'
            ELSE 'conflict: another ' || differing
        END AS expected
    FROM copies
)

SELECT
    kafka_partition,
    kafka_offset,
    transaction_id,
    outcome,
    expected
FROM judged
WHERE
    is_judged
    AND outcome <> expected
    AND NOT (
        outcome = 'rejected as too old'
        AND EXISTS (
            SELECT 1
            FROM stored_payments AS newer
            WHERE
                newer.card_id = judged.card_id
                AND newer.kafka_offset < judged.kafka_offset
                AND newer.event_ms > judged.event_ms + 2764800000
        )
    )
ORDER BY
    kafka_partition,
    kafka_offset
