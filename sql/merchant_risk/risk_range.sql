-- risk_range: the full hours to make snapshots of.
--
-- Grain:   one row
-- Window:  from_ms to to_ms, both included
-- Units:   *_ms are UTC epoch milliseconds, full hours
-- Source:  input of merchant_risk_snapshots in Postgres
SELECT %(from_ms)s::bigint AS from_ms, %(to_ms)s::bigint AS to_ms
