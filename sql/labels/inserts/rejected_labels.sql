-- rejected_labels: record every message that is not a usable label, with the reason.
--
-- Grain:   one row per rejected Kafka message
-- Reads:   labels_checked
-- Units:   times are UTC
-- Source:  docs/labels.md
INSERT INTO rejected_labels
SELECT
    kafka_partition,
    kafka_offset,
    '${LABELS_TOPIC}' AS kafka_topic,
    reject_reason AS reason,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    CAST(LOCALTIMESTAMP AS TIMESTAMP(3)) AS rejected_at
FROM labels_checked
WHERE reject_reason IS NOT NULL
