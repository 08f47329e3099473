-- message_outcomes: what became of the messages of each minute.
--
-- Grain:   one row per minute, outcome and reason
-- Reads:   pipeline_latency, duplicate_payments, conflicting_payments, rejected_payments
-- Units:   minute_at in UTC
-- Source:  scored, duplicate, conflict and rejected are all outcomes: nothing is dropped
CREATE VIEW dashboards.message_outcomes AS
SELECT
    l.minute_at,
    'scored' AS outcome,
    '' AS reason,
    l.payment_count AS message_count
FROM dashboards.pipeline_latency AS l
WHERE l.payment_count > 0
UNION ALL
SELECT
    DATE_TRUNC('minute', d.arrived_at) AS minute_at,
    'duplicate' AS outcome,
    '' AS reason,
    COUNT(*) AS message_count
FROM duplicate_payments AS d
GROUP BY DATE_TRUNC('minute', d.arrived_at)
UNION ALL
SELECT
    DATE_TRUNC('minute', c.arrived_at) AS minute_at,
    'conflict' AS outcome,
    c.reason,
    COUNT(*) AS message_count
FROM conflicting_payments AS c
GROUP BY DATE_TRUNC('minute', c.arrived_at), c.reason
UNION ALL
SELECT
    DATE_TRUNC('minute', r.rejected_at) AS minute_at,
    'rejected' AS outcome,
    r.reason,
    COUNT(*) AS message_count
FROM rejected_payments AS r
GROUP BY DATE_TRUNC('minute', r.rejected_at), r.reason
