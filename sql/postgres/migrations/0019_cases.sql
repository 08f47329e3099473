-- What analysts look at, what they said of it and who they are; and the labels that follow from it.

-- Nobody is ever deleted, because events and labels name them.
CREATE TABLE analysts (
    login text PRIMARY KEY CHECK (login ~ '^[a-z][a-z0-9-]{0,39}$'),
    -- Argon2id, with its parameters and salt.
    password_hash text NOT NULL,
    -- A viewer reads; an analyst works on cases; a lead reopens them and looks after analysts.
    role text NOT NULL CHECK (role IN ('analyst', 'lead', 'viewer')),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    -- From then on nobody gets in with this login.
    closed_at timestamptz,
    -- Wrong passwords since the last right one.
    failed_count integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);

CREATE TABLE analyst_sessions (
    -- SHA-256 of what the browser has, in hexadecimal.
    token_hash text PRIMARY KEY,
    login text NOT NULL REFERENCES analysts,
    begun_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE INDEX analyst_sessions_login_idx ON analyst_sessions (login);

-- Alerts of a card that came within a day, for one person to look at.
CREATE TABLE cases (
    case_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_id text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    -- alert: opened by alerts. control: a sample of approved payments, shown like the others, which
    -- says what the alerts miss. request: somebody wanted to look at the payment.
    origin text NOT NULL CHECK (origin IN ('alert', 'control', 'request')),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'waiting', 'closed')),
    -- The money at risk: score times amount of each payment, in minor units of its currency.
    risk_cents bigint NOT NULL CHECK (risk_cents >= 0),
    newest_event_time timestamp(3) NOT NULL,
    -- Who works on it, and until when nobody else does.
    taken_by text REFERENCES analysts,
    taken_until timestamptz,
    -- A case that waits, for a customer's answer for example, comes back then.
    waits_until timestamptz,
    verdict text CHECK (verdict IN ('fraud', 'genuine')),
    verdict_reason text,
    -- An analyst, or the source of the labels that came first.
    closed_by text,
    closed_at timestamptz,
    -- Counts changes: who writes names the version seen, and is refused if it is not the newest.
    version integer NOT NULL DEFAULT 1,
    CHECK ((status = 'closed') = (verdict IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((status = 'waiting') = (waits_until IS NOT NULL)),
    CHECK ((taken_by IS NULL) = (taken_until IS NULL))
);

-- The queue, and what a new alert joins.
CREATE INDEX cases_queue_idx ON cases (risk_cents DESC, case_number) WHERE status <> 'closed';
CREATE INDEX cases_card_idx ON cases (card_id, newest_event_time);
CREATE INDEX cases_closed_at_idx ON cases (closed_at);

-- A payment is in one case.
CREATE TABLE case_alerts (
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    case_number bigint NOT NULL REFERENCES cases,
    joined_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    risk_cents bigint NOT NULL,
    -- What others than the desk have said of it since; NULL if nobody has.
    label_is_fraud boolean,
    label_source text,
    labelled_at timestamp(3),
    PRIMARY KEY (transaction_id, card_id)
);

CREATE INDEX case_alerts_case_idx ON case_alerts (case_number);

-- Everything that was done, in the order in which it was done.
CREATE TABLE case_events (
    event_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL if it is about no case.
    case_number bigint REFERENCES cases,
    happened_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    actor text NOT NULL CHECK (actor <> ''),
    kind text NOT NULL CHECK (
        kind IN (
            'opened', 'joined', 'claimed', 'released', 'skipped', 'waits', 'note', 'verdict',
            'reopened', 'label', 'name shown', 'signed in', 'sign-in refused', 'locked',
            'signed out', 'account'
        )
    ),
    before jsonb,
    after jsonb,
    note text NOT NULL DEFAULT '' CHECK (CHAR_LENGTH(note) <= 2000),
    -- Of the form that was sent; the same form again does nothing.
    form_token text UNIQUE
);

CREATE INDEX case_events_case_idx ON case_events (case_number, event_number);
CREATE INDEX case_events_actor_idx ON case_events (actor, happened_at);

CREATE TRIGGER case_events_only_grow
BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

-- Labels on their way to the topic. One that is sent twice is one label: the key of the table
-- labels is written here before it is sent.
CREATE TABLE label_outbox (
    label_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL if it is about no case.
    case_number bigint REFERENCES cases,
    transaction_id text NOT NULL,
    is_fraud boolean NOT NULL,
    reason text,
    labelled_ms bigint NOT NULL,
    source text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    -- When Kafka had confirmed it.
    sent_at timestamptz,
    UNIQUE (transaction_id, labelled_ms, source)
);

CREATE INDEX label_outbox_unsent_idx ON label_outbox (label_number) WHERE sent_at IS NULL;
CREATE INDEX label_outbox_case_idx ON label_outbox (case_number);

-- Which cards were used on a device, so that nobody has to look for it among all payments. Times
-- are those of the payments.
CREATE TABLE device_cards (
    device_id text NOT NULL,
    card_id text NOT NULL,
    first_event_time timestamp(3) NOT NULL,
    newest_event_time timestamp(3) NOT NULL,
    PRIMARY KEY (device_id, card_id)
);

-- What analysts search by.
CREATE INDEX alerts_last4_idx ON alerts (card_last4);
CREATE INDEX alerts_merchant_idx ON alerts (merchant_id, event_time);
CREATE INDEX alerts_customer_idx ON alerts (customer_id);

-- How far the payments have been looked through for devices and the control sample.
CREATE TABLE case_progress (
    only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    stored_before timestamptz NOT NULL
);
