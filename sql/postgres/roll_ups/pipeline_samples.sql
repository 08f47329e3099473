-- pipeline_samples: how the scoring job was, every ten seconds, kept for eight days.
--
-- Grain:   one row per sample
-- Units:   ages in seconds; waiting_count in messages; NULL means unknown. api_state and desk_state
--          are "answers" or "does not answer", NULL if the stack is without; desk_address is for
--          browsers, NULL unless the desk answers
-- Source:  swipestream/followers/pipeline_record.py asks Flink, the API and the desk; emptied when
--          the schema is rebuilt
CREATE TABLE dashboards.pipeline_samples (
    sampled_at timestamptz PRIMARY KEY DEFAULT CLOCK_TIMESTAMP(),
    job_state text NOT NULL,
    restart_count bigint,
    checkpoint_age_seconds double precision,
    waiting_count bigint,
    job_id text,
    api_state text,
    desk_state text,
    desk_address text
)
