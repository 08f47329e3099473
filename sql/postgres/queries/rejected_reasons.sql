-- rejected_reasons: why messages were rejected, and how many.
--
-- Grain:   one row per reason
-- Reads:   rejected_payments
-- Source:  docs/rejected_payments.md lists every reason and what to do about it
SELECT
    reason,
    COUNT(*) AS messages,
    COUNT(redriven_at) AS redriven
FROM rejected_payments
WHERE kafka_topic = %(topic)s AND STRPOS(LOWER(reason), LOWER(%(text)s)) > 0
GROUP BY reason
ORDER BY messages DESC, reason
