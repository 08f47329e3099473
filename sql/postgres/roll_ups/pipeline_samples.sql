-- pipeline_samples: how the scoring job was, every ten seconds, kept for eight days.
--
-- Grain:   one row per sample
-- Units:   ages in seconds; waiting_count in messages; NULL means unknown
-- Source:  swipestream/followers/pipeline_record.py asks Flink; emptied when the schema is rebuilt
CREATE TABLE dashboards.pipeline_samples (
    sampled_at timestamptz PRIMARY KEY DEFAULT CLOCK_TIMESTAMP(),
    job_state text NOT NULL,
    restart_count bigint,
    checkpoint_age_seconds double precision,
    waiting_count bigint
)
