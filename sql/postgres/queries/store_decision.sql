-- store_decision: keep an answer of the API.
--
-- Grain:   one row per transaction_id and card_id
-- Reads:   decisions
-- Source:  an answer that was given while the database was slow or away replaces one that was kept
--          and not given
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
    decided_at
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
    TO_TIMESTAMP(%(decided_ms)s / 1000.0)
)
ON CONFLICT (transaction_id, card_id) DO UPDATE
SET
    decision = EXCLUDED.decision,
    score = EXCLUDED.score,
    is_degraded = EXCLUDED.is_degraded,
    answer = EXCLUDED.answer,
    event_ms = EXCLUDED.event_ms,
    event_time = EXCLUDED.event_time
WHERE %(is_from_journal)s::boolean AND decisions.request_hash = EXCLUDED.request_hash
RETURNING decision_number
