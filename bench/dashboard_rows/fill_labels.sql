-- fill_labels: what turned out about payments that are more than a day old, and about older ones.
--
-- Grain:   one row per label
-- Reads:   scored_payments
-- Units:   as labels
-- Source:  most alerts are right, some frauds are missed, all become known a day later; labels of
--          payments that are stored no longer tell how long labels take
INSERT INTO labels (transaction_id, is_fraud, reason, event_time, labelled_at, source)
SELECT
    p.transaction_id,
    p.decision = 'approve' OR RANDOM() < 0.6,
    'chargeback',
    p.event_time,
    p.event_time + INTERVAL '1 day',
    'made-up'
FROM scored_payments AS p
WHERE
    (p.decision <> 'approve' OR RANDOM() < 0.003)
    AND p.event_time < NOW() AT TIME ZONE 'UTC' - INTERVAL '1 day'
UNION ALL
SELECT
    'earlier-' || number,
    TRUE,
    'chargeback',
    NOW() AT TIME ZONE 'UTC' - (35 + number % 30) * INTERVAL '1 day',
    NOW() AT TIME ZONE 'UTC' - (34 + number % 30) * INTERVAL '1 day',
    'made-up'
FROM GENERATE_SERIES(1, 300) AS number
