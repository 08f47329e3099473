-- score_counts: how many payments each model gave which score, and how many it would alert on.
--
-- Grain:   one row per day, role, champion, challenger and thousandth of score
-- Units:   day_at in UTC; score_bin 0 to 999 is the score of the one whose role it is times 1000,
--          rounded down; challenger_version is "none" while there is none
-- Source:  refresh_roll_ups fills it; it can be thrown away at any time. A payment with two scores
--          counts once in each role
CREATE TABLE dashboards.score_counts (
    day_at timestamp NOT NULL,
    role text NOT NULL CHECK (role IN ('champion', 'challenger')),
    champion_version text NOT NULL,
    challenger_version text NOT NULL,
    score_bin integer NOT NULL,
    payment_count bigint NOT NULL,
    alert_count bigint NOT NULL,
    -- Of these, those on which the other would alert as well.
    shared_alert_count bigint NOT NULL,
    PRIMARY KEY (day_at, role, champion_version, challenger_version, score_bin)
)
