-- alerted_ids: the payments of a run that are to be reviewed or blocked.
--
-- Grain:   one row per alert
-- Reads:   first_offsets, alerts
-- Source:  compared with the simulator's truth
SELECT a.transaction_id
FROM first_offsets AS f
INNER JOIN alerts AS a
    ON f.kafka_partition = a.kafka_partition AND f.first_offset <= a.kafka_offset
