-- messages_in_partition_order: each message, and whether its partition had moved on before it came.
--
-- Grain:   one row per Kafka message that is a JSON object, heartbeats included; append-only
-- Reads:   payments_checked
-- Window:  arrival order, all messages of the partition so far, this one included
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Late:    is_behind_partition when the partition has shown a time 50 ms newer or more. The
--          watermark says the same a little later and only roughly: how far it has come depends on
--          how fast each partition is read. This depends on the log alone, so a replay, a restart
--          and a backlog call the same payments late
-- Source:  docs/adr/0009-lateness-follows-from-the-log.md
CREATE TEMPORARY VIEW messages_in_partition_order AS
WITH messages AS (
    SELECT
        transaction_id,
        card_id,
        customer_id,
        merchant_id,
        amount_cents,
        currency,
        channel,
        latitude,
        longitude,
        device_id,
        card_last4,
        event_ms,
        event_time,
        kafka_time,
        kafka_partition,
        kafka_offset,
        is_heartbeat,
        reason,
        -- As a plain time: a maximum of the time attribute would be one itself.
        MAX(CAST(event_time AS TIMESTAMP(3))) OVER so_far AS newest_time
    FROM payments_checked
    WINDOW so_far AS (
        PARTITION BY kafka_partition
        ORDER BY proc_time
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)

SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    card_last4,
    event_ms,
    event_time,
    kafka_time,
    kafka_partition,
    kafka_offset,
    is_heartbeat,
    reason,
    event_time <= newest_time - INTERVAL '0.050' SECOND AS is_behind_partition,
    -- A fresh processing time: the one above was consumed by the window.
    PROCTIME() AS proc_time
FROM messages
