-- Every label that came, and what was known of each merchant hour by hour.

-- Each label is a row of its own, so that what was known at a time can be told later on.
UPDATE labels SET source = 'unknown'
WHERE source IS NULL;
ALTER TABLE labels ALTER COLUMN source SET NOT NULL;
ALTER TABLE labels DROP CONSTRAINT labels_pkey;
ALTER TABLE labels ADD PRIMARY KEY (transaction_id, labelled_at, source);
-- Where the message was; NULL if an analyst wrote the row.
ALTER TABLE labels ADD COLUMN arrived_at timestamp(3);
ALTER TABLE labels ADD COLUMN kafka_partition integer;
ALTER TABLE labels ADD COLUMN kafka_offset bigint;

-- The newest label counts; of equally new ones, fraud.
CREATE VIEW current_labels AS
SELECT DISTINCT ON (transaction_id)
    transaction_id,
    is_fraud,
    reason,
    scenario,
    event_time,
    labelled_at,
    source
FROM labels
ORDER BY transaction_id ASC, labelled_at DESC, is_fraud DESC, source ASC;

CREATE TABLE rejected_labels (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    reason text NOT NULL,
    arrived_at timestamp(3),
    rejected_at timestamp(3),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset)
);

-- Payments of a merchant in the hour that ends at hour_ms. Those that were stored in different
-- hours are different rows, so that each hour of storing is counted on its own: once it is over,
-- its counts do not change. stored_hour_ms is 0 for payments that were counted elsewhere.
CREATE TABLE merchant_payment_counts (
    merchant_id text NOT NULL,
    hour_ms bigint NOT NULL,
    stored_hour_ms bigint NOT NULL,
    payment_count integer NOT NULL,
    PRIMARY KEY (hour_ms, merchant_id, stored_hour_ms)
);

CREATE INDEX merchant_payment_counts_elsewhere_idx ON merchant_payment_counts (hour_ms)
WHERE stored_hour_ms = 0;

-- Which rows are new since the last count: storing times grow with the table, so a small index will
-- do.
CREATE INDEX scored_payments_stored_at_idx ON scored_payments
USING brin (stored_at) WITH (autosummarize = on);

-- Labels with the merchant and time of their payment, as soon as it is known.
CREATE TABLE merchant_labels (
    transaction_id text NOT NULL,
    labelled_ms bigint NOT NULL,
    source text NOT NULL,
    merchant_id text NOT NULL,
    event_ms bigint NOT NULL,
    is_fraud boolean NOT NULL,
    PRIMARY KEY (transaction_id, labelled_ms, source)
);

CREATE INDEX merchant_labels_event_idx ON merchant_labels (event_ms);

-- What was known of a merchant from one full hour to before another. The end is written when the
-- next one begins; nothing else ever changes, because payments were scored by it.
CREATE TABLE merchant_risk (
    merchant_id text NOT NULL,
    valid_from_ms bigint NOT NULL,
    valid_to_ms bigint NOT NULL,
    txn_count_1d integer NOT NULL,
    txn_count_7d integer NOT NULL,
    txn_count_28d integer NOT NULL,
    fraud_rate_1d double precision,
    fraud_rate_7d double precision,
    fraud_rate_28d double precision,
    newest_fraud_ms bigint,
    PRIMARY KEY (merchant_id, valid_from_ms),
    CHECK (valid_from_ms < valid_to_ms)
);

-- The look-up's way in: at the present hour one row of the merchant ends later.
CREATE INDEX merchant_risk_end_idx ON merchant_risk (merchant_id, valid_to_ms);

-- The full hours there are snapshots of.
CREATE TABLE merchant_risk_hours (
    hour_ms bigint PRIMARY KEY CHECK (hour_ms % 3600000 = 0),
    refreshed_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP()
);

CREATE VIEW merchant_risk_hourly AS
SELECT
    risk.merchant_id,
    hours.hour_ms,
    risk.txn_count_1d,
    risk.txn_count_7d,
    risk.txn_count_28d,
    risk.fraud_rate_1d,
    risk.fraud_rate_7d,
    risk.fraud_rate_28d,
    risk.newest_fraud_ms
FROM merchant_risk_hours AS hours
INNER JOIN merchant_risk AS risk
    ON
        hours.hour_ms >= risk.valid_from_ms
        AND hours.hour_ms < risk.valid_to_ms;

ALTER TABLE scored_payments
ADD COLUMN merchant_txn_count_1d integer,
ADD COLUMN merchant_txn_count_7d integer,
ADD COLUMN merchant_txn_count_28d integer,
ADD COLUMN merchant_fraud_rate_1d double precision,
ADD COLUMN merchant_fraud_rate_7d double precision,
ADD COLUMN merchant_fraud_rate_28d double precision,
ADD COLUMN merchant_newest_fraud_ms bigint,
ADD COLUMN merchant_days_since_fraud double precision;

ALTER TABLE alerts
ADD COLUMN merchant_txn_count_1d integer,
ADD COLUMN merchant_txn_count_7d integer,
ADD COLUMN merchant_txn_count_28d integer,
ADD COLUMN merchant_fraud_rate_1d double precision,
ADD COLUMN merchant_fraud_rate_7d double precision,
ADD COLUMN merchant_fraud_rate_28d double precision,
ADD COLUMN merchant_newest_fraud_ms bigint,
ADD COLUMN merchant_days_since_fraud double precision;
