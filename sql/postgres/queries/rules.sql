-- rules: every rule as it is now.
--
-- Grain:   one row per rule
-- Reads:   rules
-- Source:  docs/rules.md
SELECT
    name,
    version,
    conditions,
    action,
    state
FROM rules
ORDER BY name
