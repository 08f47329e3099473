-- unusable_messages: Messages that are not scored, by reason
--
-- Rejected messages and conflicts of the last week. docs/rejected_payments.md says what to do.
SELECT
    m.outcome,
    m.reason,
    SUM(m.message_count) AS message_count,
    MIN(m.minute_at) AS first_minute_at,
    MAX(m.minute_at) AS last_minute_at
FROM dashboards.message_outcomes AS m
WHERE
    m.outcome IN ('rejected', 'conflict')
    AND m.minute_at > NOW() AT TIME ZONE 'UTC' - INTERVAL '7 days'
GROUP BY m.outcome, m.reason
ORDER BY message_count DESC
