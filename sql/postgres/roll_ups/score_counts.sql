-- score_counts: how many payments got which score from each model, and how many it would alert on.
--
-- Grain:   one row per day, role, champion, challenger, thousandth of score and is_simulated
-- Units:   day_at in UTC; score_bin 0 to 999 is 1000 times the score of the model in that role,
--          rounded down; challenger_version is "none" while there is none; is_simulated: a payment
--          of the demo
-- Source:  refresh_roll_ups fills it; it can be dropped at any time. A payment with two scores
--          counts once in each role
CREATE TABLE dashboards.score_counts (
    day_at timestamp NOT NULL,
    role text NOT NULL CHECK (role IN ('champion', 'challenger')),
    champion_version text NOT NULL,
    challenger_version text NOT NULL,
    score_bin integer NOT NULL,
    is_simulated boolean NOT NULL,
    payment_count bigint NOT NULL,
    alert_count bigint NOT NULL,
    -- Those of alert_count on which the other model would alert too.
    shared_alert_count bigint NOT NULL,
    PRIMARY KEY (
        day_at, role, champion_version, challenger_version, score_bin, is_simulated
    )
)
