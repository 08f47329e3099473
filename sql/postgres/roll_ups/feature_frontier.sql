-- feature_frontier: how far feature_counts has come.
--
-- Grain:   one row per model version that has bins
-- Units:   a time of the database's clock
-- Source:  refresh_roll_ups moves it. It begins an hour before the model's first promotion, or with
--          the first payment if that is not known, so it does not matter when bins are noted
CREATE TABLE dashboards.feature_frontier (
    model_version text PRIMARY KEY,
    stored_up_to timestamptz NOT NULL
)
