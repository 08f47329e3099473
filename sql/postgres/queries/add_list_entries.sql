-- add_list_entries: put values into a list that it does not have.
--
-- Grain:   one row per added value
-- Reads:   rule_list_entries
-- Units:   expires_ms are UTC epoch milliseconds; NULL does not expire
-- Source:  one statement, so that the database notes one change
WITH target AS (
    SELECT %(list_name)s::text AS list_name
),

given AS (
    SELECT
        told.value,
        told.expires_ms
    FROM unnest(%(entries)s::text [], %(expires_ms)s::bigint []) AS told (value, expires_ms)
)

INSERT INTO rule_list_entries (list_name, value, expires_ms)
SELECT
    target.list_name,
    given.value,
    given.expires_ms
FROM target
CROSS JOIN given
ON CONFLICT (list_name, value) DO NOTHING
