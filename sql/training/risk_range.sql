-- risk_range: every full hour, for the snapshots of merchant risk.
--
-- Grain:   one row
-- Window:  all of time
-- Units:   *_ms are UTC epoch milliseconds
-- Source:  stands for sql/merchant_risk/risk_range.sql
CREATE TEMPORARY VIEW risk_range AS
SELECT
    0::BIGINT AS from_ms,
    8000000000000000 AS to_ms
