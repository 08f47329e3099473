-- feature_counts: how many payments had which value of a feature, by the bins of its model.
--
-- Grain:   one row per day, model version, feature and bin
-- Units:   day_at in UTC; bin_number counts the bins of model_feature_bins from 1 on, 0 is unknown,
--          one more than there are is text that training never saw. payment_count is of the sample
-- Source:  refresh_roll_ups fills it; it can be dropped at any time. The score is there like a
--          feature
CREATE TABLE dashboards.feature_counts (
    day_at timestamp NOT NULL,
    model_version text NOT NULL,
    feature text NOT NULL,
    bin_number integer NOT NULL,
    payment_count bigint NOT NULL,
    PRIMARY KEY (model_version, feature, day_at, bin_number)
)
