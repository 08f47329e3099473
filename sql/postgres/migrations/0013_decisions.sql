-- What the decision API answers, and who may ask it.

CREATE TABLE decisions (
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    -- The order in which the answers were given.
    decision_number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- Of the fields as they were sent: SHA-256, in hexadecimal.
    request_hash text NOT NULL,
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
    decision text NOT NULL CHECK (decision IN ('approve', 'review', 'block')),
    score double precision,
    is_degraded boolean NOT NULL,
    -- Everything that was answered, features included.
    answer jsonb NOT NULL,
    decided_at timestamptz NOT NULL,
    -- When the card's payments were read, by the database's clock; NULL if they were not.
    looked_at timestamptz,
    -- Where Kafka has put the message, as soon as it has confirmed it.
    kafka_partition integer,
    kafka_offset bigint,
    -- When it was sent again, because Kafka or the API was away; NULL if that was not needed.
    sent_later_at timestamptz,
    -- What became of the message in the stream; NULL while it is on its way.
    outcome text CHECK (outcome IN ('scored', 'duplicate', 'conflict', 'rejected')),
    PRIMARY KEY (transaction_id, card_id)
);

-- The answers of a card that its stored payments do not show yet.
CREATE INDEX decisions_on_their_way_idx ON decisions (card_id) WHERE outcome IS NULL;
CREATE INDEX decisions_unsent_idx ON decisions (decision_number)
WHERE kafka_offset IS NULL AND outcome IS NULL;
CREATE INDEX decisions_decided_at_idx ON decisions (decided_at);

CREATE TABLE api_keys (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9-]{1,40}$'),
    -- SHA-256 of the secret, in hexadecimal. The secret itself is random and long, so that a slow
    -- hash would add nothing.
    secret_hash text NOT NULL UNIQUE,
    scopes text[] NOT NULL CHECK (
        CARDINALITY(scopes) > 0 AND scopes <@ ARRAY['decide', 'read', 'label']
    ),
    requests_per_second integer NOT NULL CHECK (requests_per_second > 0),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    revoked_at timestamptz
);
