-- store_decision: keep an answer of the API.
--
-- Grain:   one row per transaction_id and card_id; nothing is returned if the payment has an answer
--          that counts
-- Reads:   decisions
-- Source:  the first answer counts, which is the stored one. An answer that was given while the
--          database was away (is_journaled) replaces one that is later, or that the same request
--          had computed too late to be given: late_ms
WITH kind AS (
    SELECT %(is_journaled)s::boolean AS is_journaled
),

late AS (
    SELECT %(late_ms)s::bigint AS late_ms
)

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
ON CONFLICT (transaction_id, card_id) DO UPDATE
    SET
        decision = excluded.decision,
        score = excluded.score,
        is_degraded = excluded.is_degraded,
        answer = excluded.answer,
        event_ms = excluded.event_ms,
        event_time = excluded.event_time,
        decided_at = excluded.decided_at,
        looked_at = excluded.looked_at
    WHERE
    (SELECT kind.is_journaled FROM kind)
    AND decisions.request_hash = excluded.request_hash
    AND (
        decisions.decided_at >= excluded.decided_at
        OR decisions.decided_at = (SELECT TO_TIMESTAMP(late.late_ms / 1000.0) FROM late)
    )
RETURNING decision_number
