-- newest_retraining: how long ago the last retraining began.
--
-- Grain:   one row, or none
-- Reads:   retrainings
-- Units:   seconds_ago by the database's clock
-- Source:  docs/drift.md
SELECT EXTRACT(EPOCH FROM CLOCK_TIMESTAMP() - started_at)::float8 AS seconds_ago
FROM retrainings
ORDER BY run_number DESC
LIMIT 1
