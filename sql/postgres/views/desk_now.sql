-- desk_now: where the analyst's desk answers.
--
-- Grain:   one row, or none if it did not answer within the last minute
-- Reads:   pipeline_samples
-- Source:  swipestream/followers/pipeline_record.py asks it every ten seconds. A link to a desk
--          that is off would lead nowhere
CREATE VIEW dashboards.desk_now AS
WITH newest AS (
    SELECT
        s.sampled_at,
        s.desk_address
    FROM dashboards.pipeline_samples AS s
    ORDER BY s.sampled_at DESC
    LIMIT 1
)

SELECT n.desk_address
FROM newest AS n
WHERE
    n.sampled_at > NOW() - INTERVAL '1 minute'
    AND n.desk_address ~ '^https?://[A-Za-z0-9.:-]+$'
