-- case_counts: how many cases there are of each kind.
--
-- Grain:   one row
-- Reads:   cases
-- Window:  closed_today since midnight, UTC
WITH wanted AS (
    SELECT %(login)s AS login
)

SELECT
    COUNT(*) FILTER (
        WHERE status <> 'closed' AND (waits_until IS NULL OR waits_until <= CLOCK_TIMESTAMP())
    ) AS open_count,
    COUNT(*) FILTER (
        WHERE status <> 'closed' AND taken_until > CLOCK_TIMESTAMP()
    ) AS taken_count,
    COUNT(*) FILTER (
        WHERE
        status <> 'closed'
        AND taken_until > CLOCK_TIMESTAMP()
        AND taken_by = (SELECT w.login FROM wanted AS w)
    ) AS mine_count,
    COUNT(*) FILTER (
        WHERE status = 'waiting' AND waits_until > CLOCK_TIMESTAMP()
    ) AS waiting_count,
    COUNT(*) FILTER (
        WHERE status = 'closed' AND closed_at > CLOCK_TIMESTAMP() - INTERVAL '1 day'
    ) AS closed_count,
    COUNT(*) FILTER (
        WHERE
        status = 'closed'
        AND closed_by = (SELECT w.login FROM wanted AS w)
        AND closed_at >= DATE_TRUNC('day', NOW())
    ) AS closed_by_me_today,
    MIN(opened_at) FILTER (
        WHERE
        status <> 'closed'
        AND (waits_until IS NULL OR waits_until <= CLOCK_TIMESTAMP())
        AND (taken_until IS NULL OR taken_until <= CLOCK_TIMESTAMP())
    ) AS oldest_opened_at
FROM cases
-- An index finds these: of NOW(), but not of CLOCK_TIMESTAMP().
WHERE status <> 'closed' OR closed_at > NOW() - INTERVAL '1 day'
