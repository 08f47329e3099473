-- stored_before: the last offset below the beginning of each partition that any table knows of.
--
-- Grain:   one row per partition asked for
-- Reads:   what last_known_offset reads: every table of outcomes
-- Units:   kafka_offset is NULL if no table knows of one
-- Source:  what lies between it and the beginning was deleted before it was read; the partitions
--          are two lists of the same length. What is of an earlier topic of that name is left out
SELECT
    kafka_partition,
    last_known_offset(%(topic)s, kafka_partition, begin_offset) AS kafka_offset
FROM unnest(%(partitions)s::integer [], %(begins)s::bigint [])
    AS lists (kafka_partition, begin_offset)
