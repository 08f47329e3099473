-- feature_frontier: how far feature_counts has come.
--
-- Grain:   one row per model version that has bins
-- Units:   a time of the database's clock
-- Source:  refresh_roll_ups moves it. A model whose bins are noted late is counted from its first
--          payment on
CREATE TABLE dashboards.feature_frontier (
    model_version text PRIMARY KEY,
    stored_up_to timestamptz NOT NULL
)
