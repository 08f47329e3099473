-- What scoring on arrival stores: how far behind a payment came instead of whether it was late; the
-- same number on another card as another payment; a number that came again with other content.
--
-- Stop the scoring job first: one of an earlier version cannot write to these tables. The two new
-- primary keys are built from all rows, some seconds for each million. Until they are there,
-- payments can be read and not stored; the locks that keep readers out come last, and are short.

CREATE UNIQUE INDEX scored_payments_transaction_card_idx
ON scored_payments (transaction_id, card_id);
CREATE UNIQUE INDEX alerts_transaction_card_idx ON alerts (transaction_id, card_id);

-- Which of the labels are those of which payment; a label speaks of all payments of its number.
-- Those that the demo took from files have no stored payment, so no card either.
ALTER TABLE merchant_labels ADD COLUMN card_id text NOT NULL DEFAULT '';
UPDATE merchant_labels SET card_id = scored_payments.card_id
FROM scored_payments
WHERE merchant_labels.transaction_id = scored_payments.transaction_id;
ALTER TABLE merchant_labels ALTER COLUMN card_id DROP DEFAULT;
ALTER TABLE merchant_labels DROP CONSTRAINT merchant_labels_pkey;
ALTER TABLE merchant_labels ADD PRIMARY KEY (transaction_id, card_id, labelled_ms, source);

CREATE TABLE conflicting_payments (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    transaction_id text NOT NULL,
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
    -- In what it differs from the payment that is stored under this number and card.
    reason text NOT NULL,
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset)
);

CREATE INDEX conflicting_payments_arrived_at_idx ON conflicting_payments (arrived_at);

ALTER TABLE duplicate_payments DROP COLUMN copy_number;

-- Made anew by `swipestream up` when the migrations are done.
DROP SCHEMA IF EXISTS dashboards CASCADE;
DROP VIEW payment_latencies;

ALTER TABLE scored_payments
DROP CONSTRAINT scored_payments_pkey,
ADD CONSTRAINT scored_payments_pkey PRIMARY KEY USING INDEX scored_payments_transaction_card_idx,
DROP COLUMN is_late,
-- By how much the newest payment of the card that had arrived is newer; NULL in rows from before.
ADD COLUMN came_behind_ms bigint;

ALTER TABLE alerts
DROP CONSTRAINT alerts_pkey,
ADD CONSTRAINT alerts_pkey PRIMARY KEY USING INDEX alerts_transaction_card_idx,
DROP COLUMN is_late,
ADD COLUMN came_behind_ms bigint;

CREATE VIEW payment_latencies AS
SELECT
    transaction_id,
    card_id,
    kafka_partition,
    kafka_offset,
    event_time,
    arrived_at,
    stored_at,
    came_behind_ms,
    score,
    decision,
    is_degraded,
    -- Of payments that came in order and reached the topic within a second: the others were held up
    -- on their way there. Of earlier versions these are the payments with a history. A commit of
    -- long ago is forgotten.
    CASE
        WHEN
            (came_behind_ms = 0 OR (came_behind_ms IS NULL AND card_txn_count_7d IS NOT NULL))
            AND arrived_at <= event_time + interval '1 second'
            THEN EXTRACT(
                EPOCH FROM COALESCE(committed_at(xmin, stored_at), stored_at)
                - (event_time AT TIME ZONE 'UTC')
            )::double precision * 1000
    END AS latency_ms
FROM scored_payments;
