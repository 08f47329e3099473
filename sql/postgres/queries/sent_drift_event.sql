-- sent_drift_event: note that Kafka has the message about an event.
--
-- Grain:   one row per event
-- Source:  docs/drift.md
UPDATE drift_events
SET
    sent_at = COALESCE(sent_at, NOW()),
    end_sent_at = CASE WHEN %(is_end)s THEN NOW() ELSE end_sent_at END
WHERE event_id = %(event_id)s
