-- rule_changes: every change of rules and lists, the oldest first.
--
-- Grain:   one row per change
-- Reads:   rule_changes
-- Source:  docs/rules.md
SELECT
    change_number,
    changed_at,
    actor,
    why,
    subject,
    name,
    before,
    after
FROM rule_changes
ORDER BY change_number
