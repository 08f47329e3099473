-- model_verdicts: suspected payments and payments known to be fraud, side by side.
--
-- Grain:   one row per payment that is suspected, known to be fraud, or both
-- Reads:   alerts, current_labels, known_frauds, label_delays
-- Units:   amount in the currency, not in cents; score_pct from 0 to 100; event_time in UTC
-- Source:  an alert without a label is open until nine in ten labels of payments of its age have
--          come; after that it counts as a false alarm. Frauds that nobody knows of yet are missing
CREATE VIEW dashboards.model_verdicts AS
WITH newest AS (
    SELECT MAX(d.known_at) AS known_at
    FROM dashboards.label_delays AS d
),

suspected AS (
    SELECT
        a.transaction_id,
        a.event_time,
        a.model_version,
        a.decision,
        a.score,
        a.amount_cents,
        a.currency,
        l.is_fraud,
        COALESCE(d.arrived_share >= 0.9, FALSE) AS is_mature
    FROM alerts AS a
    CROSS JOIN newest AS n
    LEFT JOIN current_labels AS l ON a.transaction_id = l.transaction_id
    LEFT JOIN dashboards.label_delays AS d
        ON d.age_hours = dashboards.label_age_hours(n.known_at, a.event_time)
),

missed AS (
    SELECT
        f.transaction_id,
        f.event_time,
        f.model_version,
        f.decision,
        f.score,
        f.amount_cents,
        f.currency
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
        CASE
            WHEN s.is_fraud THEN 'caught'
            WHEN NOT s.is_fraud OR s.is_mature THEN 'false alarm'
            ELSE 'open'
        END AS outcome
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
        'missed' AS outcome
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
    outcome
FROM both_kinds
