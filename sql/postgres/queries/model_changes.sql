-- model_changes: every change of models, the oldest first.
--
-- Grain:   one row per change
-- Reads:   model_changes
-- Source:  docs/cookbook/train_and_promote.md
SELECT
    change_number,
    changed_at,
    actor,
    action,
    from_version,
    to_version,
    why,
    is_forced,
    gate
FROM model_changes
ORDER BY change_number
