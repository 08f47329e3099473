-- labels_checked: each message of the labels topic, with the first reason to reject it, if any.
--
-- Grain:   one row per Kafka message
-- Reads:   label_fields
-- Units:   *_ms are UTC epoch milliseconds; NULL where the reason says so
-- Source:  docs/labels.md lists every reason and what to do about it; the search for card numbers
--          is that of sql/payments/intake/payments_checked.sql
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
        -- Numbers of another form are no time.
        CASE WHEN REGEXP(event_ms, '^[0-9]{1,18}\z') THEN CAST(event_ms AS BIGINT) END
            AS event_time_ms,
        CASE WHEN REGEXP(labelled_ms, '^[0-9]{1,18}\z') THEN CAST(labelled_ms AS BIGINT) END
            AS labelled_time_ms,
        REGEXP_EXTRACT(
            REGEXP_REPLACE(
                CONCAT_WS(' ', transaction_id, reason, scenario, source),
                '(?<![0-9A-Za-z])(?:[0-9a-fA-F]{32,64}'
                || '|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})(?![0-9A-Za-z])',
                ''
            ),
            '(?<![0-9])(?:4[0-9]{12}|3[0689][0-9]{12}|3[47][0-9]{13}|[456][0-9]{15,18}|35[0-9]{14}'
            || '|2[2-7][0-9]{14}|[2-6][0-9]{3}([-_.:])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}'
            || '|3[47][0-9]{2}[-_.:][0-9]{6}[-_.:][0-9]{5})(?![0-9])',
            0
        ) AS number_like
    FROM label_fields
),

-- Luhn's check: every second digit from the right counts double, and of that the sum of its digits.
digits_counted AS (
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
        event_time_ms,
        labelled_time_ms,
        number_like,
        TRANSLATE(
            REGEXP_REPLACE(number_like, '[^0-9]|[0-9](?=([^0-9]*[0-9][^0-9]*[0-9])*$)', ''),
            '0123456789',
            '0246813579'
        )
        || REGEXP_REPLACE(
            number_like, '[^0-9]|[0-9](?=[^0-9]*[0-9]([^0-9]*[0-9][^0-9]*[0-9])*$)', ''
        ) AS digits
    FROM messages
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
    -- As in payments_checked: the patterns keep what Postgres refuses away from it, and end in \z
    -- because $ also matches before a final line break. A NULL makes a check NULL, hence IS NOT
    -- TRUE.
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
        -- A digit is the sum of its bits.
        WHEN
            number_like IS NOT NULL
            AND MOD(
                CHAR_LENGTH(REGEXP_REPLACE(digits, '[^13579]', ''))
                + CHAR_LENGTH(REGEXP_REPLACE(digits, '[^2367]', '')) * 2
                + CHAR_LENGTH(REGEXP_REPLACE(digits, '[^4567]', '')) * 4
                + CHAR_LENGTH(REGEXP_REPLACE(digits, '[^89]', '')) * 8,
                10
            ) = 0
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
FROM digits_counted
