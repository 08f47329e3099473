-- score_counts: how many payments each model gave which score.
--
-- Grain:   one row per day, model version and thousandth of score
-- Reads:   none
-- Units:   day_at in UTC; score_bin 0 to 999 is the score times 1000, rounded down
-- Source:  refresh_roll_ups fills it; it can be thrown away at any time
CREATE TABLE dashboards.score_counts (
    day_at timestamp NOT NULL,
    model_version text NOT NULL,
    score_bin integer NOT NULL,
    payment_count bigint NOT NULL,
    PRIMARY KEY (day_at, model_version, score_bin)
)
