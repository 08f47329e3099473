-- remove_list_entries: take values out of a list.
--
-- Grain:   one row per removed value
-- Reads:   rule_list_entries
-- Units:   expires_ms are UTC epoch milliseconds; NULL does not expire
-- Source:  with is_other_expiry, only those that are to expire at another moment, or never
WITH target AS (
    SELECT %(list_name)s::text AS list_name
),

kind AS (
    SELECT %(is_other_expiry)s::boolean AS is_other_expiry
),

given AS (
    SELECT
        told.value,
        told.expires_ms
    FROM unnest(%(entries)s::text [], %(expires_ms)s::bigint []) AS told (value, expires_ms)
)

DELETE FROM rule_list_entries AS kept
USING target, kind, given
WHERE
    kept.list_name = target.list_name
    AND kept.value = given.value
    AND (NOT kind.is_other_expiry OR kept.expires_ms IS DISTINCT FROM given.expires_ms)
