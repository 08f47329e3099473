-- labels: store every label.
--
-- Grain:   one row per payment, moment and source of a label
-- Reads:   labels_valid
-- Units:   times are UTC
-- Source:  docs/labels.md
INSERT INTO labels
SELECT
    transaction_id,
    is_fraud,
    reason,
    scenario,
    event_time,
    labelled_at,
    source,
    arrived_at,
    kafka_partition,
    kafka_offset
FROM labels_valid
