-- messages_rejected: every message that is no usable payment, with the reason.
--
-- Grain:   one row per rejected Kafka message
-- Reads:   messages_in_partition_order, payment_lines
-- Window:  none
-- Units:   none
-- Late:    does not matter to a rejected message
-- Source:  docs/rejected_payments.md
CREATE TEMPORARY VIEW messages_rejected AS
WITH unreadable AS (
    SELECT
        kafka_partition,
        kafka_offset,
        kafka_time,
        CASE -- noqa: LT02
            WHEN line IS NULL OR line = '' THEN 'the message is empty'
            -- The json format drops the whole message; REGEXP sees U+FFFD for each broken byte.
            WHEN REGEXP(line, '\uFFFD') THEN 'the message is not valid UTF-8'
            -- The json format reads the object and forgets the rest, as IS JSON does.
            WHEN line IS JSON OBJECT THEN 'the message goes on after its JSON object'
            -- The json format reads a list's objects one by one, so they are scored all the same;
            -- what else the list held would be gone without this row.
            WHEN line IS JSON ARRAY THEN 'the message is a list: send one payment per message'
            WHEN line IS JSON THEN 'the message is JSON but not an object'
            ELSE 'the message is not JSON'
        END AS reason
    FROM payment_lines
    -- In a list of our own the object has to be all there is before our mark.
    WHERE
        (JSON_VALUE('[' || line || ',"end"]', '$[1]') = 'end') IS NOT TRUE
        OR NOT REGEXP(line, '^\s*\{')
        OR REGEXP(line, '\uFFFD')
)

SELECT
    kafka_partition,
    kafka_offset,
    kafka_time,
    reason
FROM messages_in_partition_order
WHERE reason IS NOT NULL
UNION ALL
SELECT
    kafka_partition,
    kafka_offset,
    kafka_time,
    reason
FROM unreadable
