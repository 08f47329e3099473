-- what_speaks_for_fraud: What speaks most for fraud, and what of it is left to the analysts
--
-- Alerts of the last week by their first reason; docs/reasons.md lists the codes.
SELECT
    r.code,
    MIN(r.reason) AS example,
    COUNT(*) AS alert_count,
    COUNT(*) FILTER (WHERE r.decision = 'block') AS block_count,
    COUNT(*) FILTER (WHERE r.decision = 'review') AS review_count
FROM dashboards.card_reasons AS r
WHERE r.rank = 1 AND r.event_time > NOW() AT TIME ZONE 'UTC' - INTERVAL '7 days'
GROUP BY r.code
ORDER BY alert_count DESC
