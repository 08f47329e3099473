-- alerts_without_case: alerts that are in no case and that nobody has labeled, the oldest first.
--
-- Grain:   one row per alert
-- Reads:   alerts, case_alerts, labels
-- Window:  scored within the last `seconds`
-- Units:   amount_cents in minor units of the card currency; event_time in UTC
WITH wanted AS (
    SELECT NOW() AT TIME ZONE 'UTC' - %(seconds)s * INTERVAL '1 second' AS since
)

SELECT
    a.transaction_id,
    a.card_id,
    a.event_time,
    a.amount_cents,
    a.score,
    a.decision
FROM alerts AS a
WHERE
    a.scored_at >= (SELECT w.since FROM wanted AS w)
    AND NOT EXISTS (
        SELECT 1
        FROM case_alerts AS c
        WHERE c.transaction_id = a.transaction_id AND c.card_id = a.card_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM labels AS l
        WHERE l.transaction_id = a.transaction_id
    )
ORDER BY a.event_time ASC, a.transaction_id ASC
LIMIT %(most)s
