-- note_device_cards: which cards paid on which devices, added to what is known.
--
-- Grain:   one row per device and card; its newest time is right to within an hour
-- Reads:   scored_payments, device_cards
-- Window:  stored from `since` to before `until`
WITH wanted AS (
    SELECT %(since)s AS since, %(until)s AS until
),

used AS (
    SELECT
        p.device_id,
        p.card_id,
        MIN(p.event_time) AS first_event_time,
        MAX(p.event_time) AS newest_event_time
    FROM scored_payments AS p
    WHERE
        p.stored_at >= (SELECT w.since FROM wanted AS w)
        AND p.stored_at < (SELECT w.until FROM wanted AS w)
        AND p.device_id IS NOT NULL
    GROUP BY p.device_id, p.card_id
)

INSERT INTO device_cards (device_id, card_id, first_event_time, newest_event_time)
SELECT
    u.device_id,
    u.card_id,
    LEAST(u.first_event_time, known.first_event_time) AS first_event_time,
    GREATEST(u.newest_event_time, known.newest_event_time) AS newest_event_time
FROM used AS u
LEFT JOIN device_cards AS known ON u.device_id = known.device_id AND u.card_id = known.card_id
WHERE
    known.card_id IS NULL
    OR u.newest_event_time > known.newest_event_time + INTERVAL '1 hour'
    OR u.first_event_time < known.first_event_time
ON CONFLICT (device_id, card_id) DO UPDATE SET
    first_event_time = excluded.first_event_time,
    newest_event_time = excluded.newest_event_time
