-- note_drift_event: note what was noticed, or that it is over; an event that is over stays so.
--
-- Grain:   one row per event
-- Units:   as in drift_events
-- Source:  docs/drift.md. What was over before it was noticed is noted without a message
INSERT INTO drift_events AS e (
    event_id,
    kind,
    signal,
    subject,
    model_version,
    began_at,
    fired_at,
    ended_at,
    value,
    limit_value,
    text,
    sent_at,
    end_sent_at
)
VALUES (
    %(event_id)s,
    %(kind)s,
    %(signal)s,
    %(subject)s,
    %(model_version)s,
    %(began_at)s,
    %(fired_at)s,
    %(ended_at)s,
    %(value)s,
    %(limit_value)s,
    %(text)s,
    CASE WHEN %(ended_at)s::timestamp IS NOT NULL THEN NOW() END,
    CASE WHEN %(ended_at)s::timestamp IS NOT NULL THEN NOW() END
)
ON CONFLICT (event_id) DO UPDATE SET
    ended_at = excluded.ended_at
WHERE e.ended_at IS NULL AND excluded.ended_at IS NOT NULL
