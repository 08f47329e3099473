-- stored_before: the last offset below the beginning of each partition that any table has.
--
-- Grain:   one row per partition asked for
-- Reads:   what last_known_offset reads: every table of outcomes
-- Units:   kafka_offset is NULL if no table has one
-- Source:  messages between it and the beginning were deleted before they were read; the partitions
--          are two lists of the same length. Rows of an earlier topic of the same name are left out
SELECT
    kafka_partition,
    last_known_offset(%(topic)s, kafka_partition, begin_offset) AS kafka_offset
FROM unnest(%(partitions)s::integer [], %(begins)s::bigint [])
    AS lists (kafka_partition, begin_offset)
