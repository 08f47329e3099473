-- pipeline_state: how the scoring job was, every ten seconds.
--
-- Grain:   one row per sample, and one without numbers a minute after a sample that no other
--          followed within two
-- Reads:   pipeline_samples
-- Units:   sampled_at in UTC; ages in seconds; waiting_count in messages; restart_count counts
--          since the previous sample of a job: restarts by Flink, and submissions of a lost job
-- Source:  swipestream/followers/pipeline_record.py asks Flink and Kafka. The rows without numbers
--          end a line where nobody looked
CREATE VIEW dashboards.pipeline_state AS
WITH samples AS (
    SELECT
        s.sampled_at,
        s.job_state,
        s.job_id,
        s.restart_count,
        s.checkpoint_age_seconds,
        s.waiting_count,
        LAG(s.job_id) OVER known AS previous_job_id,
        LAG(s.restart_count) OVER known AS previous_restart_count,
        LEAD(s.sampled_at) OVER (ORDER BY s.sampled_at) AS next_sampled_at
    FROM dashboards.pipeline_samples AS s
    WINDOW known AS (PARTITION BY s.restart_count IS NULL ORDER BY s.sampled_at)
)

SELECT
    sampled_at AT TIME ZONE 'UTC' AS sampled_at,
    job_state,
    CASE
        WHEN restart_count IS NULL OR previous_job_id IS NULL THEN 0
        WHEN previous_job_id <> job_id THEN 1 + restart_count
        ELSE GREATEST(restart_count - previous_restart_count, 0)
    END AS restart_count,
    checkpoint_age_seconds,
    waiting_count
FROM samples
UNION ALL
SELECT
    (sampled_at + INTERVAL '1 minute') AT TIME ZONE 'UTC' AS sampled_at,
    'unknown' AS job_state,
    0 AS restart_count,
    NULL AS checkpoint_age_seconds,
    NULL AS waiting_count
FROM samples
WHERE next_sampled_at > sampled_at + INTERVAL '2 minutes'
