-- next_case: the case with the most money at risk that nobody works on, kept from everybody else.
--
-- Grain:   one row; none if nothing is left
-- Reads:   cases, case_events
-- Window:  what this person has put back within `put_back_minutes` is left to others
-- Source:  rows that somebody else is taking at this moment are skipped
WITH wanted AS (
    SELECT %(login)s AS login, %(put_back_minutes)s * INTERVAL '1 minute' AS put_back
)

SELECT c.case_number
FROM cases AS c
WHERE
    c.status <> 'closed'
    AND (c.waits_until IS NULL OR c.waits_until <= CLOCK_TIMESTAMP())
    AND (c.taken_until IS NULL OR c.taken_until <= CLOCK_TIMESTAMP())
    AND NOT EXISTS (
        SELECT 1
        FROM case_events AS e
        WHERE
            e.case_number = c.case_number
            AND e.actor = (SELECT w.login FROM wanted AS w)
            AND e.kind IN ('skipped', 'released')
            AND e.happened_at > CLOCK_TIMESTAMP() - (SELECT w.put_back FROM wanted AS w)
    )
ORDER BY c.risk_cents DESC, c.case_number ASC
LIMIT 1
FOR UPDATE OF c SKIP LOCKED
