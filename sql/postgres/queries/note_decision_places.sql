-- note_decision_places: where Kafka has put the messages of some decisions.
--
-- Grain:   one row per decision that was noted
-- Reads:   decisions
-- Source:  the decisions and their places are four lists of the same length
UPDATE decisions
SET
    kafka_partition = confirmed.kafka_partition,
    kafka_offset = confirmed.kafka_offset
FROM unnest(
    %(transaction_ids)s::text [],
    %(card_ids)s::text [],
    %(partitions)s::integer [],
    %(offsets)s::bigint []
) AS confirmed (transaction_id, card_id, kafka_partition, kafka_offset)
WHERE
    decisions.transaction_id = confirmed.transaction_id
    AND decisions.card_id = confirmed.card_id
RETURNING decisions.transaction_id, decisions.card_id
