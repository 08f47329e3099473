-- fill_samples: a day of samples of a job that runs well.
--
-- Grain:   one row per ten seconds
-- Units:   as pipeline_samples
-- Source:  swipestream/followers/pipeline_record.py writes them
INSERT INTO dashboards.pipeline_samples
SELECT
    at,
    'RUNNING',
    0,
    RANDOM() * 10,
    FLOOR(RANDOM() * 30),
    'made-up',
    'answers',
    NULL,
    NULL
FROM GENERATE_SERIES(NOW() - INTERVAL '1 day', NOW(), INTERVAL '10 seconds') AS at
