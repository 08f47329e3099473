-- Why a payment is an alert: the follower alert-reasons writes it, dashboards and services read it.

-- The contributions of an alert's rows add up to the log odds that its model gave it, before
-- calibration. A rule has none.
CREATE TABLE alert_reasons (
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    -- From 1 on, the most important first.
    rank integer NOT NULL,
    -- `rest` is all other groups of features together, `base` what every payment begins with.
    kind text NOT NULL,
    code text NOT NULL,
    text text NOT NULL,
    contribution double precision,
    -- Of the alert when it was explained; one that is scored again is explained again.
    score double precision,
    model_version text,
    codes_version integer NOT NULL,
    explained_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    PRIMARY KEY (transaction_id, card_id, rank),
    CHECK (kind IN ('rule', 'for', 'against', 'rest', 'base'))
);

-- What is new among the alerts.
CREATE INDEX alerts_scored_at_idx ON alerts (scored_at);
