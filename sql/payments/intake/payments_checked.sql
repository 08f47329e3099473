-- payments_checked: each message with the first reason to reject it, if any.
--
-- Grain:   one row per Kafka message; append-only
-- Reads:   payments_read
-- Units:   *_cents are minor units of the card currency; *_ms are UTC epoch milliseconds; degrees
-- Source:  docs/rejected_payments.md lists every reason and what to do about it;
--          functions/README.md, holds_card_number
-- Owner:   maintainers
-- Feature: amount_cents | cents | payment | amount | the amount, in the card's currency
-- Feature: channel | text | payment | kind | in a shop (pos), online, or at a cash machine (atm)
CREATE TEMPORARY VIEW payments_checked AS
SELECT
    transaction_id,
    card_id,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    -- Only for people to read, so a bad value rejects nothing: a number that lost its leading
    -- zeros gets them back, and anything else becomes NULL.
    CASE WHEN REGEXP(card_last4, '^[0-9]{1,4}\z') THEN LPAD(card_last4, 4, '0') END AS card_last4,
    event_ms,
    -- TO_TIMESTAMP_LTZ fails on numbers outside the range of dates.
    CASE
        WHEN event_ms BETWEEN 946684800000 AND 4102444800000
            THEN CAST(TO_TIMESTAMP_LTZ(event_ms, 3) AS TIMESTAMP(3))
    END AS event_time,
    CAST(kafka_time AS TIMESTAMP(3)) AS arrived_at,
    kafka_partition,
    kafka_offset,
    -- The patterns keep NUL and control characters out of Postgres, which refuses them, and long
    -- text out of the state. They end in \z because $ also matches before a final line break. A
    -- NULL makes a check NULL, hence IS NOT TRUE.
    CASE
        WHEN problem IS NOT NULL THEN problem
        WHEN kind IS NOT NULL THEN 'kind is present: this topic takes payments only'
        WHEN REGEXP(transaction_id, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'transaction_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN REGEXP(card_id, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'card_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN REGEXP(customer_id, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'customer_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN REGEXP(merchant_id, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'merchant_id is missing or not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN REGEXP(card_id, '^[0-9]{12,19}\z')
            THEN 'card_id looks like a card number: send a keyed hash'
        WHEN device_id IS NOT NULL AND REGEXP(device_id, '^[A-Za-z0-9_.:-]{1,64}\z') IS NOT TRUE
            THEN 'device_id is not 1 to 64 of A-Z a-z 0-9 _ . : -'
        WHEN
            holds_card_number(card_id, customer_id, device_id, merchant_id, transaction_id)
            THEN 'an identifier holds a card number: send a keyed hash'
        WHEN amount_cents IS NULL THEN 'amount_cents is missing or not an integer'
        WHEN amount_cents < 0 THEN 'amount_cents is below 0'
        WHEN amount_cents > 100000000 THEN 'amount_cents is above 100000000'
        WHEN
            COALESCE(currency, '') NOT IN (
                'EUR', 'USD', 'GBP', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CAD', 'AUD'
            ) THEN 'currency is missing or not supported'
        WHEN COALESCE(channel, '') NOT IN ('pos', 'online', 'atm')
            THEN 'channel is missing or not one of pos, online, atm'
        WHEN (latitude IS NULL) <> (longitude IS NULL)
            THEN 'latitude and longitude are not both present or both null'
        WHEN latitude IS NOT NULL AND (latitude BETWEEN -90 AND 90) IS NOT TRUE
            THEN 'latitude is not between -90 and 90'
        WHEN longitude IS NOT NULL AND (longitude BETWEEN -180 AND 180) IS NOT TRUE
            THEN 'longitude is not between -180 and 180'
        -- It could hold a whole card number.
        WHEN CHAR_LENGTH(card_last4) >= 12 THEN 'card_last4 is longer than 11 characters'
        WHEN event_ms IS NULL THEN 'event_ms is missing or not an integer'
        WHEN event_ms < 946684800000 THEN 'event_ms is before the year 2000'
        WHEN event_ms > 4102444800000 THEN 'event_ms is after the year 2100'
        WHEN TO_TIMESTAMP_LTZ(event_ms, 3) > kafka_time + INTERVAL '5' MINUTE
            THEN 'event_ms is more than 5 minutes in the future'
    END AS reason
FROM payments_read
