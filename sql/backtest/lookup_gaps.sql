-- lookup_gaps: how often a lookup finds nothing although the record exists.
--
-- Grain:   one row
-- Source:  stands for sql/training/lookup_gaps.sql; a backtest knows all records, as the stream
--          does once they are loaded
CREATE TEMPORARY VIEW lookup_gaps AS
SELECT 0 AS in_10000
