-- What payments are held against to notice drift, what was noticed, and trainings that followed.

-- Of what the model learned from, how the values of each feature were spread; of what it was tested
-- on, its scores.
CREATE TABLE model_feature_bins (
    model_version text NOT NULL,
    feature text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('numeric', 'categorical', 'score')),
    -- Its share of what all splits of the trees gained; NULL for the score.
    importance double precision,
    -- A bin holds what is above the edge on its left, up to the one on its right.
    edges double precision[],
    categories text[],
    -- Shares of payments: without a value, and by bin.
    unknown_share double precision NOT NULL,
    shares double precision[] NOT NULL CHECK (CARDINALITY(shares) > 0),
    -- How far the furthest single day was from these shares when the model was made, as a
    -- population stability index; NULL where no day had enough payments.
    usual_psi double precision,
    PRIMARY KEY (model_version, feature),
    CHECK ((kind = 'categorical') = (categories IS NOT NULL)),
    CHECK ((kind <> 'categorical') = (edges IS NOT NULL))
);

ALTER TABLE model_facts
-- At the review threshold of its bundle, on the test part.
ADD COLUMN tested_precision double precision,
ADD COLUMN tested_recall double precision;

-- What was noticed. A row is added when it fires and changed once, when it is over; sent_at is when
-- Kafka had the message about it.
CREATE TABLE drift_events (
    -- Says what it is about and since when, so that nothing is noticed twice.
    event_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('drift', 'data quality', 'attack', 'retraining')),
    signal text NOT NULL,
    -- A feature or a merchant; empty for what is about all payments.
    subject text NOT NULL,
    model_version text,
    -- Of the payments: since when they are different.
    began_at timestamp NOT NULL,
    fired_at timestamp NOT NULL,
    ended_at timestamp,
    value double precision,
    limit_value double precision,
    text text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    sent_at timestamptz,
    end_sent_at timestamptz
);

CREATE INDEX drift_events_open_idx ON drift_events (signal, subject) WHERE ended_at IS NULL;
CREATE INDEX drift_events_unsent_idx ON drift_events (noted_at)
WHERE sent_at IS NULL OR (ended_at IS NOT NULL AND end_sent_at IS NULL);

-- Each training that `swipestream retrain` has begun. One without an end was killed.
CREATE TABLE retrainings (
    run_number integer PRIMARY KEY CHECK (run_number > 0),
    started_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    finished_at timestamptz,
    actor text NOT NULL,
    is_scheduled boolean NOT NULL,
    why text NOT NULL,
    model_version text,
    outcome text
);
