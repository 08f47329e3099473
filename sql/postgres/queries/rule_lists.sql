-- rule_lists: every list as it is now, with all its entries.
--
-- Grain:   one row per list
-- Reads:   rule_lists, rule_list_entries
-- Units:   entries is an object: value to UTC epoch milliseconds, null if it does not expire
-- Source:  docs/rules.md
SELECT
    l.name,
    l.kind,
    COALESCE(
        JSONB_OBJECT_AGG(e.value, e.expires_ms) FILTER (WHERE e.value IS NOT NULL), '{}'
    ) AS entries
FROM rule_lists AS l
LEFT JOIN rule_list_entries AS e ON l.name = e.list_name
GROUP BY l.name, l.kind
ORDER BY l.name
