-- lookup_gaps: how often a lookup finds nothing although the record exists.
--
-- Grain:   one row
-- Source:  one customer, merchant and merchant's risk in a hundred stay unknown, as when their
--          records arrive late; otherwise a model would first meet NaN in production
CREATE TEMPORARY VIEW lookup_gaps AS
SELECT 100 AS in_10000
