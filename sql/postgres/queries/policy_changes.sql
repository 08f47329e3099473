-- policy_changes: every change of the decision policy, the oldest first.
--
-- Grain:   one row per changed channel
-- Reads:   policy_changes
-- Source:  docs/cookbook/change_the_decision_policy.md
SELECT
    change_number,
    changed_at,
    actor,
    why,
    chosen_by,
    channel,
    before,
    after
FROM policy_changes
ORDER BY change_number
