-- label_fields: the fields of each message of the labels topic, and what is wrong with its form.
--
-- Grain:   one row per Kafka message
-- Reads:   label_lines
-- Units:   every field is text, as written in the message; NULL if missing, null, a list or an
--          object
-- Source:  messages take the same forms as payments: docs/rejected_payments.md
CREATE TEMPORARY VIEW label_fields AS
SELECT
    JSON_VALUE(line, '$.transaction_id') AS transaction_id,
    JSON_VALUE(line, '$.is_fraud') AS is_fraud,
    JSON_VALUE(line, '$.reason') AS reason,
    JSON_VALUE(line, '$.scenario') AS scenario,
    JSON_VALUE(line, '$.event_ms') AS event_ms,
    JSON_VALUE(line, '$.labelled_ms') AS labelled_ms,
    JSON_VALUE(line, '$.source') AS source,
    -- A list or an object in an optional field must not pass for a missing field.
    JSON_QUERY(line, '$.reason') IS NOT NULL AS is_reason_nested,
    JSON_QUERY(line, '$.scenario') IS NOT NULL AS is_scenario_nested,
    JSON_QUERY(line, '$.event_ms') IS NOT NULL AS is_event_ms_nested,
    kafka_time,
    kafka_partition,
    kafka_offset,
    CASE -- noqa: LT02
        WHEN line IS NULL OR line = '' THEN 'the message is empty'
        WHEN REGEXP(line, '\uFFFD') THEN 'the message is not valid UTF-8'
        WHEN line IS JSON ARRAY THEN 'the message is a list: send one label per message'
        -- In a list that we add "end" to, the object must be the only element before it.
        WHEN
            line IS JSON OBJECT
            AND REGEXP(line, '^\s*\{')
            AND (JSON_VALUE('[' || line || ',"end"]', '$[1]') = 'end') IS NOT TRUE
            THEN 'the message goes on after its JSON object'
        WHEN line IS JSON OBJECT AND REGEXP(line, '^\s*\{') THEN CAST(NULL AS STRING)
        WHEN line IS JSON THEN 'the message is JSON but not an object'
        ELSE 'the message is not JSON'
    END AS form_reason
FROM label_lines
