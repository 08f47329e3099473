-- labels_checked: each message of the labels topic, with the first reason to reject it, if any.
--
-- Grain:   one row per Kafka message
-- Reads:   label_fields
-- Units:   *_ms are UTC epoch milliseconds; NULL where reject_reason says it is missing or invalid
-- Source:  docs/labels.md lists every reason and what to do about it; functions/README.md,
--          holds_card_number
CREATE TEMPORARY VIEW labels_checked AS
WITH messages AS (
    SELECT
        transaction_id,
        is_fraud,
        reason,
        scenario,
        event_ms,
        labelled_ms,
        source,
        is_reason_nested,
        is_scenario_nested,
        is_event_ms_nested,
        kafka_time,
        kafka_partition,
        kafka_offset,
        form_reason,
        -- A number written in another form is not a time.
        CASE WHEN REGEXP(event_ms, '^[0-9]{1,18}\z') THEN CAST(event_ms AS BIGINT) END
            AS event_time_ms,
        CASE WHEN REGEXP(labelled_ms, '^[0-9]{1,18}\z') THEN CAST(labelled_ms AS BIGINT) END
            AS labelled_time_ms
    FROM label_fields
)

SELECT
    transaction_id,
    is_fraud = 'true' AS is_fraud,
    reason,
    scenario,
    event_time_ms AS event_ms,
    labelled_time_ms AS labelled_ms,
    source,
    kafka_time,
    kafka_partition,
    kafka_offset,
    -- As in payments_checked: the patterns keep out what Postgres refuses, and end in \z because $
    -- also matches before a final line break. A NULL makes a check NULL, hence IS NOT TRUE.
    CASE
        WHEN form_reason IS NOT NULL THEN form_reason
        WHEN REGEXP(transaction_id, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'transaction_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN COALESCE(is_fraud, '') NOT IN ('true', 'false')
            THEN 'is_fraud is missing or not true or false'
        WHEN
            is_reason_nested
            OR (reason IS NOT NULL AND REGEXP(reason, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE)
            THEN 'reason is not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN
            is_scenario_nested
            OR (scenario IS NOT NULL AND REGEXP(scenario, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE)
            THEN 'scenario is not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN REGEXP(source, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'source is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN holds_card_number(transaction_id, reason, scenario, source)
            THEN 'a field holds a card number'
        WHEN labelled_time_ms IS NULL THEN 'labelled_ms is missing or not an integer'
        WHEN labelled_time_ms < 946684800000 THEN 'labelled_ms is before the year 2000'
        WHEN labelled_time_ms > 4102444800000 THEN 'labelled_ms is after the year 2100'
        WHEN
            TO_TIMESTAMP_LTZ(labelled_time_ms, 3)
            > kafka_time + INTERVAL '366' DAY(3) -- noqa: LT01
            THEN 'labelled_ms is more than 366 days in the future'
        WHEN is_event_ms_nested OR (event_ms IS NOT NULL AND event_time_ms IS NULL)
            THEN 'event_ms is not an integer'
        WHEN event_time_ms < 946684800000 THEN 'event_ms is before the year 2000'
        WHEN event_time_ms > labelled_time_ms THEN 'event_ms is after labelled_ms'
    END AS reject_reason
FROM messages
