-- messages_new: every message that is not stored already, with its card's history.
--
-- Grain:   one row per Kafka message; append-only
-- Reads:   card_activity
-- Source:  a rebuild (swipestream upgrade --rebuild) reads old messages again to restore history.
--          Messages below WRITE_FROM, an offset per partition, are stored already
CREATE TEMPORARY VIEW messages_new AS
SELECT *
FROM card_activity
WHERE
    kafka_offset
    >= COALESCE(CAST(SPLIT_INDEX('${WRITE_FROM}', ',', kafka_partition) AS BIGINT), 0)
