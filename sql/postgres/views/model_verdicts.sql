-- model_verdicts: suspected payments and payments known to be fraud, side by side.
--
-- Grain:   one row per payment that is suspected, known to be fraud, or both
-- Reads:   alerts, current_labels, known_frauds
-- Units:   amount in the currency, not in cents; score_pct from 0 to 100; event_time in UTC
-- Source:  a payment without a label counts as genuine, so the last days look worse than they are:
--          their frauds are not known yet
CREATE VIEW dashboards.model_verdicts AS
WITH suspected AS (
    SELECT
        a.transaction_id,
        a.event_time,
        a.model_version,
        a.decision,
        a.score,
        a.amount_cents,
        a.currency,
        COALESCE(l.is_fraud, FALSE) AS is_fraud
    FROM alerts AS a
    LEFT JOIN current_labels AS l ON a.transaction_id = l.transaction_id
),

missed AS (
    SELECT
        f.transaction_id,
        f.event_time,
        f.model_version,
        f.decision,
        f.score,
        f.amount_cents,
        f.currency,
        TRUE AS is_fraud
    FROM dashboards.known_frauds AS f
    WHERE f.decision = 'approve'
),

both_kinds AS (
    SELECT
        s.transaction_id,
        s.event_time,
        s.model_version,
        s.decision,
        s.score,
        s.amount_cents,
        s.currency,
        s.is_fraud
    FROM suspected AS s
    UNION ALL
    SELECT
        m.transaction_id,
        m.event_time,
        m.model_version,
        m.decision,
        m.score,
        m.amount_cents,
        m.currency,
        m.is_fraud
    FROM missed AS m
)

SELECT
    transaction_id,
    event_time,
    COALESCE(model_version, 'none') AS model_version,
    decision,
    ROUND(score::numeric * 100, 1)::double precision AS score_pct,
    amount_cents / 100.0::double precision AS amount,
    currency,
    is_fraud,
    decision <> 'approve' AS is_suspected,
    CASE
        WHEN is_fraud AND decision <> 'approve' THEN 'caught'
        WHEN is_fraud THEN 'missed'
        ELSE 'false alarm'
    END AS outcome
FROM both_kinds
