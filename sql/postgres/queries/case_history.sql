-- case_history: what was done, the newest first.
--
-- Grain:   one row per event
-- Reads:   case_events
-- Window:  of one case, one actor or one kind, if they are given; before event `before`
SELECT
    event_number,
    case_number,
    happened_at,
    actor,
    kind,
    before,
    after,
    note
FROM case_events
WHERE
    (%(case_number)s::bigint IS NULL OR case_number = %(case_number)s)
    AND (%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(before)s::bigint IS NULL OR event_number < %(before)s)
ORDER BY event_number DESC
LIMIT %(most)s
