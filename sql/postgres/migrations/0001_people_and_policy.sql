-- Who pays and who is paid, what the labels say, and the policy that turns a score into a decision.

CREATE TABLE customers (
    customer_id text PRIMARY KEY,
    name text,
    email text,
    home_latitude double precision,
    home_longitude double precision,
    home_country text,
    home_city text,
    utc_offset_minutes integer,
    account_opened_at timestamp(3),
    -- The stream computes with milliseconds; the people who edit this table read a date.
    account_opened_ms bigint GENERATED ALWAYS AS (
        (EXTRACT(EPOCH FROM account_opened_at) * 1000)::bigint
    ) STORED,
    usual_device_id text,
    segment text
);

CREATE TABLE merchants (
    merchant_id text PRIMARY KEY,
    name text,
    category text,
    latitude double precision,
    longitude double precision,
    country text,
    city text
);

CREATE TABLE labels (
    transaction_id text PRIMARY KEY,
    is_fraud boolean NOT NULL,
    reason text,
    scenario text,
    event_time timestamp(3),
    labelled_at timestamp(3) NOT NULL,
    source text
);

CREATE TABLE decision_policies (
    channel text PRIMARY KEY CHECK (channel IN ('pos', 'online', 'atm')),
    version integer NOT NULL DEFAULT 1,
    review_score double precision NOT NULL CHECK (review_score BETWEEN 0 AND 1),
    block_score double precision NOT NULL CHECK (block_score BETWEEN 0 AND 1),
    -- What decides when there is no score.
    rule_block_kmh double precision NOT NULL,
    rule_block_km double precision NOT NULL,
    rule_review_txn_count_5m integer NOT NULL,
    rule_review_amount_cents bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT NOW(),
    CHECK (review_score <= block_score)
);

INSERT INTO decision_policies (
    channel,
    review_score,
    block_score,
    rule_block_kmh,
    rule_block_km,
    rule_review_txn_count_5m,
    rule_review_amount_cents
)
VALUES
('pos', 0.5, 0.9, 1000, 100, 5, 100000),
('online', 0.5, 0.9, 1000, 100, 5, 100000),
('atm', 0.5, 0.9, 1000, 100, 5, 100000);
