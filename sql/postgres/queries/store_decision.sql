-- store_decision: keep an answer of the API.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   decisions
-- Source:  the first answer counts
INSERT INTO decisions (
    transaction_id,
    card_id,
    request_hash,
    customer_id,
    merchant_id,
    amount_cents,
    currency,
    channel,
    latitude,
    longitude,
    device_id,
    card_last4,
    event_ms,
    event_time,
    decision,
    score,
    is_degraded,
    answer,
    decided_at,
    looked_at
)
VALUES (
    %(transaction_id)s,
    %(card_id)s,
    %(request_hash)s,
    %(customer_id)s,
    %(merchant_id)s,
    %(amount_cents)s,
    %(currency)s,
    %(channel)s,
    %(latitude)s,
    %(longitude)s,
    %(device_id)s,
    %(card_last4)s,
    %(event_ms)s,
    (TIMESTAMP 'epoch' + %(event_ms)s::bigint * INTERVAL '1 millisecond')::timestamp(3),
    %(decision)s,
    %(score)s,
    %(is_degraded)s,
    %(answer)s,
    TO_TIMESTAMP(%(decided_ms)s / 1000.0),
    %(looked_at)s::timestamptz
)
ON CONFLICT (transaction_id, card_id) DO NOTHING
RETURNING decision_number
