-- pipeline_state: how the scoring job was, every ten seconds.
--
-- Grain:   one row per sample
-- Reads:   pipeline_samples
-- Units:   sampled_at in UTC; ages in seconds; waiting_count in messages
-- Source:  swipestream/followers/pipeline_record.py asks Flink and Kafka
CREATE VIEW dashboards.pipeline_state AS
SELECT
    s.sampled_at AT TIME ZONE 'UTC' AS sampled_at,
    s.job_state,
    s.restart_count,
    s.checkpoint_age_seconds,
    s.waiting_count
FROM dashboards.pipeline_samples AS s
