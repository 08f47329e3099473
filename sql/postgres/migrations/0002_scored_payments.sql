-- What the stream writes: each payment scored once, alerts, copies and rejects.

CREATE TABLE scored_payments (
    transaction_id text PRIMARY KEY,
    card_id text NOT NULL,
    customer_id text NOT NULL,
    merchant_id text NOT NULL,
    amount_cents bigint NOT NULL,
    currency text NOT NULL,
    channel text NOT NULL,
    latitude double precision,
    longitude double precision,
    device_id text,
    card_last4 text,
    event_ms bigint NOT NULL,
    event_time timestamp(3) NOT NULL,
    arrived_at timestamp(3) NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    previous_ms bigint,
    previous_latitude double precision,
    previous_longitude double precision,
    card_txn_count_7d integer,
    card_amount_cents_7d bigint,
    card_merchant_count_7d integer,
    card_txn_count_24h integer,
    card_amount_cents_24h bigint,
    card_merchant_count_24h integer,
    card_txn_count_5m integer,
    card_amount_cents_5m bigint,
    card_merchant_count_5m integer,
    is_late boolean NOT NULL,
    home_latitude double precision,
    home_longitude double precision,
    home_country text,
    utc_offset_minutes integer,
    account_opened_ms bigint,
    usual_device_id text,
    merchant_category text,
    merchant_country text,
    is_customer_known boolean NOT NULL,
    is_merchant_known boolean NOT NULL,
    amount_to_card_mean_5m double precision,
    amount_to_card_mean_24h double precision,
    amount_to_card_mean_7d double precision,
    local_hour integer,
    local_weekday integer,
    is_night integer,
    seconds_since_previous double precision,
    km_from_previous double precision,
    kmh_from_previous double precision,
    km_from_home double precision,
    is_foreign integer,
    is_usual_device integer,
    account_age_days double precision,
    score double precision,
    model_version text,
    score_error text,
    policy_version integer,
    is_degraded boolean NOT NULL,
    decision text NOT NULL,
    pipeline_version text,
    scored_at timestamp(3) NOT NULL,
    -- When the row was first written, by the database's clock.
    stored_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    CHECK (decision IN ('approve', 'review', 'block'))
);

-- One card's time line, and reconciliation by Kafka offset.
CREATE INDEX scored_payments_card_idx ON scored_payments (card_id, event_time);
CREATE INDEX scored_payments_event_time_idx ON scored_payments (event_time);
CREATE INDEX scored_payments_offset_idx ON scored_payments (kafka_partition, kafka_offset);

CREATE TABLE alerts (LIKE scored_payments INCLUDING ALL);

CREATE TABLE rejected_payments (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    reason text NOT NULL,
    arrived_at timestamp(3),
    rejected_at timestamp(3),
    -- The exact bytes of the message, card numbers masked; they follow seconds after the reason.
    payload bytea,
    -- Kafka had dropped the message before its payload could be kept.
    is_payload_lost boolean NOT NULL DEFAULT FALSE,
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset)
);

CREATE INDEX rejected_payments_without_payload_idx ON rejected_payments (kafka_topic)
WHERE payload IS NULL;

CREATE TABLE duplicate_payments (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    copy_number bigint NOT NULL,
    event_time timestamp(3),
    arrived_at timestamp(3),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset)
);
