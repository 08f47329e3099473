-- labels_valid: labels that passed every check.
--
-- Grain:   one row per Kafka message that is a label; a label may repeat
-- Reads:   labels_checked
-- Units:   times are UTC
-- Order:   of several labels of a payment, the one with the newest labelled_at counts, in whatever
--          order they arrive
-- Source:  docs/labels.md
CREATE TEMPORARY VIEW labels_valid AS
SELECT
    transaction_id,
    is_fraud,
    reason,
    scenario,
    CAST(TO_TIMESTAMP_LTZ(event_ms, 3) AS TIMESTAMP(3)) AS event_time,
    CAST(TO_TIMESTAMP_LTZ(labelled_ms, 3) AS TIMESTAMP(3)) AS labelled_at,
    source,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    kafka_partition,
    kafka_offset
FROM labels_checked
WHERE reject_reason IS NULL
