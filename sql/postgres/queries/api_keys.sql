-- api_keys: the keys that are in force.
--
-- Grain:   one row per key
-- Reads:   api_keys
SELECT
    name,
    secret_hash,
    scopes,
    requests_per_second
FROM api_keys
WHERE revoked_at IS NULL
