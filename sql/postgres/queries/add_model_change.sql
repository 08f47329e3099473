-- add_model_change: record a change of models; the caller holds the lock on changes.
--
-- Grain:   one row per change
-- Reads:   model_changes
-- Source:  docs/cookbook/train_and_promote.md
INSERT INTO model_changes (
    change_number,
    actor,
    action,
    from_version,
    to_version,
    why,
    is_forced,
    gate
)
VALUES (
    (SELECT COALESCE(MAX(change_number), 0) + 1 FROM model_changes),
    %(actor)s,
    %(action)s,
    %(from_version)s,
    %(to_version)s,
    %(why)s,
    %(is_forced)s,
    %(gate)s
)
