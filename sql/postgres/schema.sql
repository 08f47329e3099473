-- schema: everything that the migrations make, dumped; a test compares it with a fresh database.
--
-- Reads:   migrations
-- Source:  make schema

CREATE FUNCTION public.add_rule_change(subject text, name text, before jsonb, after jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    LOCK TABLE rule_changes IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO rule_changes (change_number, actor, why, subject, name, before, after)
    VALUES (
        (SELECT COALESCE(MAX(change_number), 0) + 1 FROM rule_changes),
        COALESCE(NULLIF(CURRENT_SETTING('swipestream.actor', TRUE), ''), SESSION_USER),
        COALESCE(NULLIF(CURRENT_SETTING('swipestream.why', TRUE), ''), 'no reason given'),
        subject,
        name,
        before,
        after
    );
END;
$$;

CREATE FUNCTION public.committed_at(row_xmin xid, stored_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    RETURN CASE WHEN (current_setting('track_commit_timestamp'::text) = 'on'::text) THEN pg_xact_commit_timestamp(row_xmin) ELSE stored_at END;

CREATE FUNCTION public.count_distinct_answer(state text[]) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT count(DISTINCT value.value) AS count FROM unnest(count_distinct_answer.state) value(value));

CREATE FUNCTION public.count_distinct_leave(state text[], text) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    RETURN (state)[2:];

CREATE FUNCTION public.last_known_offset(topic text, partition_number integer, below bigint) RETURNS bigint
    LANGUAGE sql STABLE
    RETURN GREATEST((SELECT max(s.kafka_offset) AS max FROM public.scored_payments s WHERE ((last_known_offset.partition_number = s.kafka_partition) AND (last_known_offset.below > s.kafka_offset) AND ((SELECT public.topic_begins_at(last_known_offset.topic) AS topic_begins_at) <= s.arrived_at))), (SELECT max(d.kafka_offset) AS max FROM public.duplicate_payments d WHERE ((last_known_offset.topic = d.kafka_topic) AND (last_known_offset.partition_number = d.kafka_partition) AND (last_known_offset.below > d.kafka_offset) AND (((SELECT public.topic_begins_at(last_known_offset.topic) AS topic_begins_at) <= d.arrived_at) IS NOT FALSE))), (SELECT max(c.kafka_offset) AS max FROM public.conflicting_payments c WHERE ((last_known_offset.topic = c.kafka_topic) AND (last_known_offset.partition_number = c.kafka_partition) AND (last_known_offset.below > c.kafka_offset) AND (((SELECT public.topic_begins_at(last_known_offset.topic) AS topic_begins_at) <= c.arrived_at) IS NOT FALSE))), (SELECT max(r.kafka_offset) AS max FROM public.rejected_payments r WHERE ((last_known_offset.topic = r.kafka_topic) AND (last_known_offset.partition_number = r.kafka_partition) AND (last_known_offset.below > r.kafka_offset) AND (((SELECT public.topic_begins_at(last_known_offset.topic) AS topic_begins_at) <= r.arrived_at) IS NOT FALSE))), (SELECT max(m.kafka_offset) AS max FROM public.redriven_messages m WHERE ((last_known_offset.topic = m.kafka_topic) AND (last_known_offset.partition_number = m.kafka_partition) AND (last_known_offset.below > m.kafka_offset) AND ((SELECT public.topic_begins_at(last_known_offset.topic) AS topic_begins_at) <= (m.redriven_at AT TIME ZONE 'UTC'::text)))));

CREATE FUNCTION public.note_added_entries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM add_rule_change(
        'entries', e.list_name, NULL, JSONB_OBJECT_AGG(e.value, e.expires_ms)
    )
    FROM added AS e
    GROUP BY e.list_name;
    RETURN NULL;
END;
$$;

CREATE FUNCTION public.note_policy_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    LOCK TABLE policy_changes IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO policy_changes (change_number, actor, why, chosen_by, channel, before, after)
    VALUES (
        (SELECT COALESCE(MAX(change_number), 0) + 1 FROM policy_changes),
        COALESCE(NULLIF(CURRENT_SETTING('swipestream.actor', TRUE), ''), SESSION_USER),
        COALESCE(NULLIF(CURRENT_SETTING('swipestream.why', TRUE), ''), 'no reason given'),
        NULLIF(CURRENT_SETTING('swipestream.chosen_by', TRUE), ''),
        COALESCE(new.channel, old.channel),
        TO_JSONB(old),
        TO_JSONB(new)
    );
    RETURN NULL;
END;
$$;

CREATE FUNCTION public.note_removed_entries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM add_rule_change(
        'entries', e.list_name, JSONB_OBJECT_AGG(e.value, e.expires_ms), NULL
    )
    FROM removed AS e
    GROUP BY e.list_name;
    RETURN NULL;
END;
$$;

CREATE FUNCTION public.note_rule_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM add_rule_change(
        TG_ARGV[0], COALESCE(new.name, old.name), TO_JSONB(old), TO_JSONB(new)
    );
    RETURN NULL;
END;
$$;

CREATE FUNCTION public.refuse_to_change_history() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is only added to: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION public.topic_begins_at(name text) RETURNS timestamp without time zone
    LANGUAGE sql STABLE
    RETURN COALESCE((SELECT t.begins_at FROM public.topic_beginnings t WHERE (topic_begins_at.name = t.kafka_topic) ORDER BY t.noted_at DESC LIMIT 1), '1970-01-01 00:00:00'::timestamp without time zone);

CREATE AGGREGATE public.count_distinct(text) (
    SFUNC = array_append,
    STYPE = text[],
    INITCOND = '{}',
    FINALFUNC = public.count_distinct_answer,
    MSFUNC = array_append,
    MINVFUNC = public.count_distinct_leave,
    MSTYPE = text[],
    MINITCOND = '{}',
    MFINALFUNC = public.count_distinct_answer
);

CREATE TABLE public.alert_reasons (
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    rank integer NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    text text NOT NULL,
    contribution double precision,
    score double precision,
    model_version text,
    codes_version integer NOT NULL,
    explained_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT alert_reasons_kind_check CHECK ((kind = ANY (ARRAY['rule'::text, 'for'::text, 'against'::text, 'rest'::text, 'base'::text])))
);

CREATE TABLE public.alerts (
    transaction_id text CONSTRAINT scored_payments_transaction_id_not_null NOT NULL,
    card_id text CONSTRAINT scored_payments_card_id_not_null NOT NULL,
    customer_id text CONSTRAINT scored_payments_customer_id_not_null NOT NULL,
    merchant_id text CONSTRAINT scored_payments_merchant_id_not_null NOT NULL,
    amount_cents bigint CONSTRAINT scored_payments_amount_cents_not_null NOT NULL,
    currency text CONSTRAINT scored_payments_currency_not_null NOT NULL,
    channel text CONSTRAINT scored_payments_channel_not_null NOT NULL,
    latitude double precision,
    longitude double precision,
    device_id text,
    card_last4 text,
    event_ms bigint CONSTRAINT scored_payments_event_ms_not_null NOT NULL,
    event_time timestamp(3) without time zone CONSTRAINT scored_payments_event_time_not_null NOT NULL,
    arrived_at timestamp(3) without time zone CONSTRAINT scored_payments_arrived_at_not_null NOT NULL,
    kafka_partition integer CONSTRAINT scored_payments_kafka_partition_not_null NOT NULL,
    kafka_offset bigint CONSTRAINT scored_payments_kafka_offset_not_null NOT NULL,
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
    home_latitude double precision,
    home_longitude double precision,
    home_country text,
    utc_offset_minutes integer,
    account_opened_ms bigint,
    usual_device_id text,
    merchant_category text,
    merchant_country text,
    is_customer_known boolean CONSTRAINT scored_payments_is_customer_known_not_null NOT NULL,
    is_merchant_known boolean CONSTRAINT scored_payments_is_merchant_known_not_null NOT NULL,
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
    is_degraded boolean CONSTRAINT scored_payments_is_degraded_not_null NOT NULL,
    decision text CONSTRAINT scored_payments_decision_not_null NOT NULL,
    pipeline_version text,
    scored_at timestamp(3) without time zone CONSTRAINT scored_payments_scored_at_not_null NOT NULL,
    stored_at timestamp with time zone DEFAULT clock_timestamp() CONSTRAINT scored_payments_stored_at_not_null NOT NULL,
    challenger_score double precision,
    challenger_version text,
    merchant_txn_count_1d integer,
    merchant_txn_count_7d integer,
    merchant_txn_count_28d integer,
    merchant_fraud_rate_1d double precision,
    merchant_fraud_rate_7d double precision,
    merchant_fraud_rate_28d double precision,
    merchant_newest_fraud_ms bigint,
    merchant_days_since_fraud double precision,
    came_behind_ms bigint,
    card_usual_cents_30d double precision,
    card_largest_cents_14d bigint,
    card_largest_cents_7d bigint,
    amount_to_card_usual_30d double precision,
    largest_amount_to_card_usual_14d double precision,
    largest_amount_to_card_usual_7d double precision,
    merchant_mature_txn_count_1d integer,
    merchant_mature_txn_count_7d integer,
    merchant_mature_txn_count_28d integer,
    merchant_mature_fraud_rate_1d double precision,
    merchant_mature_fraud_rate_7d double precision,
    merchant_mature_fraud_rate_28d double precision,
    merchant_fraud_to_usual_28d double precision,
    merchant_oldest_fraud_35d_ms bigint,
    merchant_days_since_oldest_fraud_35d double precision,
    rules_fired text,
    shadow_rules_fired text,
    rule_action text,
    rules_version integer,
    CONSTRAINT scored_payments_decision_check CHECK ((decision = ANY (ARRAY['approve'::text, 'review'::text, 'block'::text])))
);

CREATE TABLE public.analyst_sessions (
    token_hash text NOT NULL,
    login text NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE public.analysts (
    login text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed_at timestamp with time zone,
    failed_count integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT analysts_login_check CHECK ((login ~ '^[a-z][a-z0-9-]{0,39}$'::text)),
    CONSTRAINT analysts_role_check CHECK ((role = ANY (ARRAY['analyst'::text, 'lead'::text, 'viewer'::text])))
);

CREATE TABLE public.api_keys (
    name text NOT NULL,
    secret_hash text NOT NULL,
    scopes text[] NOT NULL,
    requests_per_second integer NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_name_check CHECK ((name ~ '^[a-z0-9-]{1,40}$'::text)),
    CONSTRAINT api_keys_requests_per_second_check CHECK ((requests_per_second > 0)),
    CONSTRAINT api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['decide'::text, 'read'::text, 'label'::text])))
);

CREATE TABLE public.case_alerts (
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    case_number bigint NOT NULL,
    joined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    risk_cents bigint NOT NULL,
    label_is_fraud boolean,
    label_source text,
    labelled_at timestamp(3) without time zone
);

CREATE TABLE public.case_events (
    event_number bigint NOT NULL,
    case_number bigint,
    happened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    before jsonb,
    after jsonb,
    note text DEFAULT ''::text NOT NULL,
    form_token text,
    CONSTRAINT case_events_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT case_events_kind_check CHECK ((kind = ANY (ARRAY['opened'::text, 'joined'::text, 'claimed'::text, 'released'::text, 'skipped'::text, 'waits'::text, 'note'::text, 'verdict'::text, 'reopened'::text, 'label'::text, 'name shown'::text, 'signed in'::text, 'sign-in refused'::text, 'locked'::text, 'signed out'::text, 'account'::text]))),
    CONSTRAINT case_events_note_check CHECK ((char_length(note) <= 2000))
);

CREATE TABLE public.case_progress (
    only_row boolean DEFAULT true NOT NULL,
    stored_before timestamp with time zone NOT NULL,
    CONSTRAINT case_progress_only_row_check CHECK (only_row)
);

CREATE TABLE public.cases (
    case_number bigint NOT NULL,
    card_id text NOT NULL,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    origin text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    risk_cents bigint NOT NULL,
    newest_event_time timestamp(3) without time zone NOT NULL,
    taken_by text,
    taken_until timestamp with time zone,
    waits_until timestamp with time zone,
    verdict text,
    verdict_reason text,
    closed_by text,
    closed_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT cases_check CHECK (((status = 'closed'::text) = (verdict IS NOT NULL))),
    CONSTRAINT cases_check1 CHECK (((status = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT cases_check2 CHECK (((status = 'waiting'::text) = (waits_until IS NOT NULL))),
    CONSTRAINT cases_check3 CHECK (((taken_by IS NULL) = (taken_until IS NULL))),
    CONSTRAINT cases_origin_check CHECK ((origin = ANY (ARRAY['alert'::text, 'control'::text, 'request'::text]))),
    CONSTRAINT cases_risk_cents_check CHECK ((risk_cents >= 0)),
    CONSTRAINT cases_status_check CHECK ((status = ANY (ARRAY['open'::text, 'waiting'::text, 'closed'::text]))),
    CONSTRAINT cases_verdict_check CHECK ((verdict = ANY (ARRAY['fraud'::text, 'genuine'::text])))
);

CREATE TABLE public.conflicting_payments (
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
    event_time timestamp(3) without time zone NOT NULL,
    arrived_at timestamp(3) without time zone NOT NULL,
    reason text NOT NULL
);

CREATE TABLE public.customers (
    customer_id text NOT NULL,
    name text,
    email text,
    home_latitude double precision,
    home_longitude double precision,
    home_country text,
    home_city text,
    utc_offset_minutes integer,
    account_opened_at timestamp(3) without time zone,
    account_opened_ms bigint GENERATED ALWAYS AS (((EXTRACT(epoch FROM account_opened_at) * (1000)::numeric))::bigint) STORED,
    usual_device_id text,
    segment text
);

CREATE TABLE public.decision_policies (
    channel text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    review_score double precision NOT NULL,
    block_score double precision NOT NULL,
    rule_block_kmh double precision NOT NULL,
    rule_block_km double precision NOT NULL,
    rule_review_txn_count_5m integer NOT NULL,
    rule_review_amount_cents bigint NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT decision_policies_block_score_check CHECK (((block_score >= (0)::double precision) AND (block_score <= (1)::double precision))),
    CONSTRAINT decision_policies_channel_check CHECK ((channel = ANY (ARRAY['pos'::text, 'online'::text, 'atm'::text]))),
    CONSTRAINT decision_policies_check CHECK ((review_score <= block_score)),
    CONSTRAINT decision_policies_review_score_check CHECK (((review_score >= (0)::double precision) AND (review_score <= (1)::double precision)))
);

CREATE TABLE public.decisions (
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    decision_number bigint NOT NULL,
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
    event_time timestamp(3) without time zone NOT NULL,
    decision text NOT NULL,
    score double precision,
    is_degraded boolean NOT NULL,
    answer jsonb NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    looked_at timestamp with time zone,
    kafka_partition integer,
    kafka_offset bigint,
    sent_later_at timestamp with time zone,
    outcome text,
    CONSTRAINT decisions_decision_check CHECK ((decision = ANY (ARRAY['approve'::text, 'review'::text, 'block'::text]))),
    CONSTRAINT decisions_outcome_check CHECK ((outcome = ANY (ARRAY['scored'::text, 'duplicate'::text, 'conflict'::text, 'rejected'::text])))
);

CREATE TABLE public.device_cards (
    device_id text NOT NULL,
    card_id text NOT NULL,
    first_event_time timestamp(3) without time zone NOT NULL,
    newest_event_time timestamp(3) without time zone NOT NULL
);

CREATE TABLE public.drift_events (
    event_id text NOT NULL,
    kind text NOT NULL,
    signal text NOT NULL,
    subject text NOT NULL,
    model_version text,
    began_at timestamp without time zone NOT NULL,
    fired_at timestamp without time zone NOT NULL,
    ended_at timestamp without time zone,
    value double precision,
    limit_value double precision,
    text text NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    sent_at timestamp with time zone,
    end_sent_at timestamp with time zone,
    CONSTRAINT drift_events_kind_check CHECK ((kind = ANY (ARRAY['drift'::text, 'data quality'::text, 'attack'::text, 'retraining'::text])))
);

CREATE TABLE public.duplicate_payments (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    transaction_id text NOT NULL,
    card_id text NOT NULL,
    event_time timestamp(3) without time zone,
    arrived_at timestamp(3) without time zone
);

CREATE TABLE public.label_outbox (
    label_number bigint NOT NULL,
    case_number bigint,
    transaction_id text NOT NULL,
    is_fraud boolean NOT NULL,
    reason text,
    labelled_ms bigint NOT NULL,
    source text NOT NULL,
    written_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    sent_at timestamp with time zone
);

CREATE TABLE public.labels (
    transaction_id text NOT NULL,
    is_fraud boolean NOT NULL,
    reason text,
    scenario text,
    event_time timestamp(3) without time zone,
    labelled_at timestamp(3) without time zone NOT NULL,
    source text NOT NULL,
    arrived_at timestamp(3) without time zone,
    kafka_partition integer,
    kafka_offset bigint
);

CREATE TABLE public.merchant_labels (
    transaction_id text NOT NULL,
    labelled_ms bigint NOT NULL,
    source text NOT NULL,
    merchant_id text NOT NULL,
    event_ms bigint NOT NULL,
    is_fraud boolean NOT NULL,
    card_id text NOT NULL,
    amount_to_card_usual double precision
);

CREATE TABLE public.merchant_payment_counts (
    merchant_id text NOT NULL,
    hour_ms bigint NOT NULL,
    stored_hour_ms bigint NOT NULL,
    payment_count integer NOT NULL
);

CREATE TABLE public.merchant_risk (
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
    mature_txn_count_1d integer,
    mature_txn_count_7d integer,
    mature_txn_count_28d integer,
    mature_fraud_rate_1d double precision,
    mature_fraud_rate_7d double precision,
    mature_fraud_rate_28d double precision,
    fraud_to_usual_28d double precision,
    oldest_fraud_35d_ms bigint,
    CONSTRAINT merchant_risk_check CHECK ((valid_from_ms < valid_to_ms))
);

CREATE TABLE public.merchant_risk_hours (
    hour_ms bigint NOT NULL,
    refreshed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT merchant_risk_hours_hour_ms_check CHECK (((hour_ms % (3600000)::bigint) = 0))
);

CREATE TABLE public.merchants (
    merchant_id text NOT NULL,
    name text,
    category text,
    latitude double precision,
    longitude double precision,
    country text,
    city text
);

CREATE TABLE public.model_changes (
    change_number integer NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    from_version text,
    to_version text,
    why text NOT NULL,
    is_forced boolean DEFAULT false NOT NULL,
    gate jsonb,
    CONSTRAINT model_changes_action_check CHECK ((action = ANY (ARRAY['promote'::text, 'rollback'::text, 'challenge'::text, 'withdraw'::text, 'refuse'::text]))),
    CONSTRAINT model_changes_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT model_changes_change_number_check CHECK ((change_number > 0)),
    CONSTRAINT model_changes_why_check CHECK ((why <> ''::text))
);

CREATE TABLE public.model_facts (
    model_version text NOT NULL,
    average_precision double precision,
    reviews_per_day double precision,
    review_share double precision,
    test_score_bands bigint[],
    tested_precision double precision,
    tested_recall double precision,
    CONSTRAINT model_facts_test_score_bands_check CHECK ((cardinality(test_score_bands) = 10))
);

CREATE TABLE public.model_feature_bins (
    model_version text NOT NULL,
    feature text NOT NULL,
    kind text NOT NULL,
    importance double precision,
    edges double precision[],
    categories text[],
    unknown_share double precision NOT NULL,
    shares double precision[] NOT NULL,
    usual_psi double precision,
    CONSTRAINT model_feature_bins_check CHECK (((kind = 'categorical'::text) = (categories IS NOT NULL))),
    CONSTRAINT model_feature_bins_check1 CHECK (((kind <> 'categorical'::text) = (edges IS NOT NULL))),
    CONSTRAINT model_feature_bins_kind_check CHECK ((kind = ANY (ARRAY['numeric'::text, 'categorical'::text, 'score'::text]))),
    CONSTRAINT model_feature_bins_shares_check CHECK ((cardinality(shares) > 0))
);

CREATE TABLE public.policy_changes (
    change_number integer NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    why text NOT NULL,
    chosen_by text,
    channel text NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT policy_changes_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT policy_changes_change_number_check CHECK ((change_number > 0)),
    CONSTRAINT policy_changes_check CHECK (((before IS NOT NULL) OR (after IS NOT NULL))),
    CONSTRAINT policy_changes_why_check CHECK ((why <> ''::text))
);

CREATE TABLE public.redriven_messages (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    new_partition integer NOT NULL,
    new_offset bigint NOT NULL,
    redriven_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.rejected_labels (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    reason text NOT NULL,
    arrived_at timestamp(3) without time zone,
    rejected_at timestamp(3) without time zone
);

CREATE TABLE public.rejected_payments (
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    reason text NOT NULL,
    arrived_at timestamp(3) without time zone,
    rejected_at timestamp(3) without time zone,
    payload bytea,
    is_payload_lost boolean DEFAULT false NOT NULL,
    redriven_at timestamp with time zone
);

CREATE TABLE public.retrainings (
    run_number integer NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    actor text NOT NULL,
    is_scheduled boolean NOT NULL,
    why text NOT NULL,
    model_version text,
    outcome text,
    CONSTRAINT retrainings_run_number_check CHECK ((run_number > 0))
);

CREATE TABLE public.rule_changes (
    change_number integer NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    why text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT rule_changes_actor_check CHECK ((actor <> ''::text)),
    CONSTRAINT rule_changes_change_number_check CHECK ((change_number > 0)),
    CONSTRAINT rule_changes_check CHECK (((before IS NOT NULL) OR (after IS NOT NULL))),
    CONSTRAINT rule_changes_subject_check CHECK ((subject = ANY (ARRAY['rule'::text, 'list'::text, 'entries'::text]))),
    CONSTRAINT rule_changes_why_check CHECK ((why <> ''::text))
);

CREATE TABLE public.rule_list_entries (
    list_name text NOT NULL,
    value text NOT NULL,
    expires_ms bigint,
    CONSTRAINT rule_list_entries_value_check CHECK ((value <> ''::text))
);

CREATE TABLE public.rule_lists (
    name text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT rule_lists_kind_check CHECK ((kind = ANY (ARRAY['cards'::text, 'merchants'::text, 'devices'::text, 'countries'::text]))),
    CONSTRAINT rule_lists_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,39}$'::text))
);

CREATE TABLE public.rules (
    name text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    conditions jsonb NOT NULL,
    action text NOT NULL,
    state text NOT NULL,
    CONSTRAINT rules_action_check CHECK ((action = ANY (ARRAY['allow'::text, 'block'::text, 'review'::text]))),
    CONSTRAINT rules_conditions_check CHECK ((jsonb_typeof(conditions) = 'array'::text)),
    CONSTRAINT rules_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,39}$'::text)),
    CONSTRAINT rules_state_check CHECK ((state = ANY (ARRAY['off'::text, 'shadow'::text, 'live'::text]))),
    CONSTRAINT rules_version_check CHECK ((version > 0))
);

CREATE TABLE public.schema_migrations (
    version text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.scored_payments (
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
    event_time timestamp(3) without time zone NOT NULL,
    arrived_at timestamp(3) without time zone NOT NULL,
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
    scored_at timestamp(3) without time zone NOT NULL,
    stored_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    challenger_score double precision,
    challenger_version text,
    merchant_txn_count_1d integer,
    merchant_txn_count_7d integer,
    merchant_txn_count_28d integer,
    merchant_fraud_rate_1d double precision,
    merchant_fraud_rate_7d double precision,
    merchant_fraud_rate_28d double precision,
    merchant_newest_fraud_ms bigint,
    merchant_days_since_fraud double precision,
    came_behind_ms bigint,
    card_usual_cents_30d double precision,
    card_largest_cents_14d bigint,
    card_largest_cents_7d bigint,
    amount_to_card_usual_30d double precision,
    largest_amount_to_card_usual_14d double precision,
    largest_amount_to_card_usual_7d double precision,
    merchant_mature_txn_count_1d integer,
    merchant_mature_txn_count_7d integer,
    merchant_mature_txn_count_28d integer,
    merchant_mature_fraud_rate_1d double precision,
    merchant_mature_fraud_rate_7d double precision,
    merchant_mature_fraud_rate_28d double precision,
    merchant_fraud_to_usual_28d double precision,
    merchant_oldest_fraud_35d_ms bigint,
    merchant_days_since_oldest_fraud_35d double precision,
    rules_fired text,
    shadow_rules_fired text,
    rule_action text,
    rules_version integer,
    CONSTRAINT scored_payments_decision_check CHECK ((decision = ANY (ARRAY['approve'::text, 'review'::text, 'block'::text])))
);

CREATE TABLE public.simulated_frauds (
    transaction_id text NOT NULL,
    scenario text NOT NULL
);

CREATE TABLE public.simulated_runs (
    id_pattern text NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE public.topic_beginnings (
    kafka_topic text NOT NULL,
    topic_id text NOT NULL,
    begins_at timestamp(3) without time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE VIEW public.current_labels AS
 SELECT DISTINCT ON (transaction_id) transaction_id,
    is_fraud,
    reason,
    scenario,
    event_time,
    labelled_at,
    source
   FROM public.labels
  ORDER BY transaction_id, labelled_at DESC, is_fraud DESC, source;

CREATE VIEW public.merchant_risk_days AS
 WITH merchants_at_risk AS (
         SELECT DISTINCT merchant_risk.merchant_id
           FROM public.merchant_risk
        ), days AS (
         SELECT DISTINCT (merchant_risk_hours.hour_ms - mod(merchant_risk_hours.hour_ms, (86400000)::bigint)) AS day_ms
           FROM public.merchant_risk_hours
        )
 SELECT merchants_at_risk.merchant_id,
    days.day_ms,
    by_hour.hours_ms,
    by_hour.txn_counts_1d,
    by_hour.txn_counts_7d,
    by_hour.txn_counts_28d,
    by_hour.fraud_rates_1d,
    by_hour.fraud_rates_7d,
    by_hour.fraud_rates_28d,
    by_hour.newest_frauds_ms,
    by_hour.mature_txn_counts_1d,
    by_hour.mature_txn_counts_7d,
    by_hour.mature_txn_counts_28d,
    by_hour.mature_fraud_rates_1d,
    by_hour.mature_fraud_rates_7d,
    by_hour.mature_fraud_rates_28d,
    by_hour.frauds_to_usual_28d,
    by_hour.oldest_frauds_35d_ms
   FROM ((merchants_at_risk
     CROSS JOIN days)
     CROSS JOIN LATERAL ( SELECT array_agg((days.day_ms + (clock.hour * 3600000)) ORDER BY clock.hour) AS hours_ms,
            array_agg(newest.txn_count_1d ORDER BY clock.hour) AS txn_counts_1d,
            array_agg(newest.txn_count_7d ORDER BY clock.hour) AS txn_counts_7d,
            array_agg(newest.txn_count_28d ORDER BY clock.hour) AS txn_counts_28d,
            array_agg(newest.fraud_rate_1d ORDER BY clock.hour) AS fraud_rates_1d,
            array_agg(newest.fraud_rate_7d ORDER BY clock.hour) AS fraud_rates_7d,
            array_agg(newest.fraud_rate_28d ORDER BY clock.hour) AS fraud_rates_28d,
            array_agg(newest.newest_fraud_ms ORDER BY clock.hour) AS newest_frauds_ms,
            array_agg(newest.mature_txn_count_1d ORDER BY clock.hour) AS mature_txn_counts_1d,
            array_agg(newest.mature_txn_count_7d ORDER BY clock.hour) AS mature_txn_counts_7d,
            array_agg(newest.mature_txn_count_28d ORDER BY clock.hour) AS mature_txn_counts_28d,
            array_agg(newest.mature_fraud_rate_1d ORDER BY clock.hour) AS mature_fraud_rates_1d,
            array_agg(newest.mature_fraud_rate_7d ORDER BY clock.hour) AS mature_fraud_rates_7d,
            array_agg(newest.mature_fraud_rate_28d ORDER BY clock.hour) AS mature_fraud_rates_28d,
            array_agg(newest.fraud_to_usual_28d ORDER BY clock.hour) AS frauds_to_usual_28d,
            array_agg(newest.oldest_fraud_35d_ms ORDER BY clock.hour) AS oldest_frauds_35d_ms
           FROM (generate_series(0, 23) clock(hour)
             LEFT JOIN LATERAL ( SELECT risk.valid_to_ms,
                    risk.txn_count_1d,
                    risk.txn_count_7d,
                    risk.txn_count_28d,
                    risk.fraud_rate_1d,
                    risk.fraud_rate_7d,
                    risk.fraud_rate_28d,
                    risk.newest_fraud_ms,
                    risk.mature_txn_count_1d,
                    risk.mature_txn_count_7d,
                    risk.mature_txn_count_28d,
                    risk.mature_fraud_rate_1d,
                    risk.mature_fraud_rate_7d,
                    risk.mature_fraud_rate_28d,
                    risk.fraud_to_usual_28d,
                    risk.oldest_fraud_35d_ms
                   FROM (public.merchant_risk_hours hours
                     JOIN public.merchant_risk risk ON ((hours.hour_ms >= risk.valid_from_ms)))
                  WHERE ((hours.hour_ms = (days.day_ms + (clock.hour * 3600000))) AND (risk.merchant_id = merchants_at_risk.merchant_id) AND (risk.valid_from_ms <= (days.day_ms + (clock.hour * 3600000))))
                  ORDER BY risk.valid_from_ms DESC
                 LIMIT 1) newest ON (((days.day_ms + (clock.hour * 3600000)) < newest.valid_to_ms)))) by_hour);

CREATE VIEW public.merchant_risk_hourly AS
 SELECT risk.merchant_id,
    hours.hour_ms,
    risk.txn_count_1d,
    risk.txn_count_7d,
    risk.txn_count_28d,
    risk.fraud_rate_1d,
    risk.fraud_rate_7d,
    risk.fraud_rate_28d,
    risk.newest_fraud_ms,
    risk.mature_txn_count_1d,
    risk.mature_txn_count_7d,
    risk.mature_txn_count_28d,
    risk.mature_fraud_rate_1d,
    risk.mature_fraud_rate_7d,
    risk.mature_fraud_rate_28d,
    risk.fraud_to_usual_28d,
    risk.oldest_fraud_35d_ms
   FROM (public.merchant_risk_hours hours
     JOIN public.merchant_risk risk ON (((hours.hour_ms >= risk.valid_from_ms) AND (hours.hour_ms < risk.valid_to_ms))));

CREATE VIEW public.payment_latencies AS
 SELECT transaction_id,
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
        CASE
            WHEN (((came_behind_ms = 0) OR ((came_behind_ms IS NULL) AND (card_txn_count_7d IS NOT NULL))) AND (arrived_at <= (event_time + '00:00:01'::interval))) THEN ((EXTRACT(epoch FROM (COALESCE(public.committed_at(xmin, stored_at), stored_at) - (event_time AT TIME ZONE 'UTC'::text))))::double precision * (1000)::double precision)
            ELSE NULL::double precision
        END AS latency_ms
   FROM public.scored_payments;

ALTER TABLE ONLY public.alert_reasons
    ADD CONSTRAINT alert_reasons_pkey PRIMARY KEY (transaction_id, card_id, rank);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (transaction_id, card_id);

ALTER TABLE ONLY public.analyst_sessions
    ADD CONSTRAINT analyst_sessions_login_fkey FOREIGN KEY (login) REFERENCES public.analysts(login);

ALTER TABLE ONLY public.analyst_sessions
    ADD CONSTRAINT analyst_sessions_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.analysts
    ADD CONSTRAINT analysts_pkey PRIMARY KEY (login);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY public.case_alerts
    ADD CONSTRAINT case_alerts_case_number_fkey FOREIGN KEY (case_number) REFERENCES public.cases(case_number);

ALTER TABLE ONLY public.case_alerts
    ADD CONSTRAINT case_alerts_pkey PRIMARY KEY (transaction_id, card_id);

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_case_number_fkey FOREIGN KEY (case_number) REFERENCES public.cases(case_number);

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_form_token_key UNIQUE (form_token);

ALTER TABLE ONLY public.case_events
    ADD CONSTRAINT case_events_pkey PRIMARY KEY (event_number);

ALTER TABLE ONLY public.case_progress
    ADD CONSTRAINT case_progress_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (case_number);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_taken_by_fkey FOREIGN KEY (taken_by) REFERENCES public.analysts(login);

ALTER TABLE ONLY public.conflicting_payments
    ADD CONSTRAINT conflicting_payments_pkey PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY public.decision_policies
    ADD CONSTRAINT decision_policies_pkey PRIMARY KEY (channel);

ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_decision_number_key UNIQUE (decision_number);

ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (transaction_id, card_id);

ALTER TABLE ONLY public.device_cards
    ADD CONSTRAINT device_cards_pkey PRIMARY KEY (device_id, card_id);

ALTER TABLE ONLY public.drift_events
    ADD CONSTRAINT drift_events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.duplicate_payments
    ADD CONSTRAINT duplicate_payments_pkey PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset);

ALTER TABLE ONLY public.label_outbox
    ADD CONSTRAINT label_outbox_case_number_fkey FOREIGN KEY (case_number) REFERENCES public.cases(case_number);

ALTER TABLE ONLY public.label_outbox
    ADD CONSTRAINT label_outbox_pkey PRIMARY KEY (label_number);

ALTER TABLE ONLY public.label_outbox
    ADD CONSTRAINT label_outbox_transaction_id_labelled_ms_source_key UNIQUE (transaction_id, labelled_ms, source);

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_pkey PRIMARY KEY (transaction_id, labelled_at, source);

ALTER TABLE ONLY public.merchant_labels
    ADD CONSTRAINT merchant_labels_pkey PRIMARY KEY (transaction_id, card_id, labelled_ms, source);

ALTER TABLE ONLY public.merchant_payment_counts
    ADD CONSTRAINT merchant_payment_counts_pkey PRIMARY KEY (hour_ms, merchant_id, stored_hour_ms);

ALTER TABLE ONLY public.merchant_risk
    ADD CONSTRAINT merchant_risk_pkey PRIMARY KEY (merchant_id, valid_from_ms);

ALTER TABLE ONLY public.merchant_risk_hours
    ADD CONSTRAINT merchant_risk_hours_pkey PRIMARY KEY (hour_ms);

ALTER TABLE ONLY public.merchants
    ADD CONSTRAINT merchants_pkey PRIMARY KEY (merchant_id);

ALTER TABLE ONLY public.model_changes
    ADD CONSTRAINT model_changes_pkey PRIMARY KEY (change_number);

ALTER TABLE ONLY public.model_facts
    ADD CONSTRAINT model_facts_pkey PRIMARY KEY (model_version);

ALTER TABLE ONLY public.model_feature_bins
    ADD CONSTRAINT model_feature_bins_pkey PRIMARY KEY (model_version, feature);

ALTER TABLE ONLY public.policy_changes
    ADD CONSTRAINT policy_changes_pkey PRIMARY KEY (change_number);

ALTER TABLE ONLY public.redriven_messages
    ADD CONSTRAINT redriven_messages_pkey PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset, new_partition, new_offset);

ALTER TABLE ONLY public.rejected_labels
    ADD CONSTRAINT rejected_labels_pkey PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset);

ALTER TABLE ONLY public.rejected_payments
    ADD CONSTRAINT rejected_payments_pkey PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset);

ALTER TABLE ONLY public.retrainings
    ADD CONSTRAINT retrainings_pkey PRIMARY KEY (run_number);

ALTER TABLE ONLY public.rule_changes
    ADD CONSTRAINT rule_changes_pkey PRIMARY KEY (change_number);

ALTER TABLE ONLY public.rule_list_entries
    ADD CONSTRAINT rule_list_entries_list_name_fkey FOREIGN KEY (list_name) REFERENCES public.rule_lists(name);

ALTER TABLE ONLY public.rule_list_entries
    ADD CONSTRAINT rule_list_entries_pkey PRIMARY KEY (list_name, value);

ALTER TABLE ONLY public.rule_lists
    ADD CONSTRAINT rule_lists_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.scored_payments
    ADD CONSTRAINT scored_payments_pkey PRIMARY KEY (transaction_id, card_id);

ALTER TABLE ONLY public.simulated_frauds
    ADD CONSTRAINT simulated_frauds_pkey PRIMARY KEY (transaction_id);

ALTER TABLE ONLY public.simulated_runs
    ADD CONSTRAINT simulated_runs_pkey PRIMARY KEY (id_pattern);

ALTER TABLE ONLY public.topic_beginnings
    ADD CONSTRAINT topic_beginnings_pkey PRIMARY KEY (kafka_topic, topic_id);

ALTER TABLE public.case_events ALTER COLUMN event_number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.case_events_event_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.cases ALTER COLUMN case_number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cases_case_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.decisions ALTER COLUMN decision_number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.decisions_decision_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.label_outbox ALTER COLUMN label_number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.label_outbox_label_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE INDEX alerts_card_id_event_time_idx ON public.alerts USING btree (card_id, event_time);

CREATE INDEX alerts_customer_idx ON public.alerts USING btree (customer_id);

CREATE INDEX alerts_event_time_idx ON public.alerts USING btree (event_time);

CREATE INDEX alerts_kafka_partition_kafka_offset_idx ON public.alerts USING btree (kafka_partition, kafka_offset);

CREATE INDEX alerts_last4_idx ON public.alerts USING btree (card_last4);

CREATE INDEX alerts_merchant_idx ON public.alerts USING btree (merchant_id, event_time);

CREATE INDEX alerts_scored_at_idx ON public.alerts USING btree (scored_at);

CREATE INDEX analyst_sessions_login_idx ON public.analyst_sessions USING btree (login);

CREATE INDEX case_alerts_case_idx ON public.case_alerts USING btree (case_number);

CREATE INDEX case_events_actor_idx ON public.case_events USING btree (actor, happened_at);

CREATE INDEX case_events_case_idx ON public.case_events USING btree (case_number, event_number);

CREATE INDEX cases_card_idx ON public.cases USING btree (card_id, newest_event_time);

CREATE INDEX cases_closed_at_idx ON public.cases USING btree (closed_at);

CREATE INDEX cases_queue_idx ON public.cases USING btree (risk_cents DESC, case_number) WHERE (status <> 'closed'::text);

CREATE INDEX conflicting_payments_arrived_at_idx ON public.conflicting_payments USING btree (arrived_at);

CREATE INDEX decisions_decided_at_idx ON public.decisions USING btree (decided_at);

CREATE INDEX decisions_on_their_way_idx ON public.decisions USING btree (card_id) WHERE (outcome IS NULL);

CREATE INDEX decisions_unsent_idx ON public.decisions USING btree (decision_number) WHERE ((kafka_offset IS NULL) AND (outcome IS NULL));

CREATE INDEX drift_events_open_idx ON public.drift_events USING btree (signal, subject) WHERE (ended_at IS NULL);

CREATE INDEX drift_events_unsent_idx ON public.drift_events USING btree (noted_at) WHERE ((sent_at IS NULL) OR ((ended_at IS NOT NULL) AND (end_sent_at IS NULL)));

CREATE INDEX label_outbox_case_idx ON public.label_outbox USING btree (case_number);

CREATE INDEX label_outbox_unsent_idx ON public.label_outbox USING btree (label_number) WHERE (sent_at IS NULL);

CREATE INDEX merchant_labels_event_idx ON public.merchant_labels USING btree (event_ms);

CREATE INDEX merchant_payment_counts_elsewhere_idx ON public.merchant_payment_counts USING btree (hour_ms) WHERE (stored_hour_ms = 0);

CREATE INDEX merchant_risk_end_idx ON public.merchant_risk USING btree (merchant_id, valid_to_ms);

CREATE INDEX merchant_risk_hours_day_idx ON public.merchant_risk_hours USING btree (((hour_ms - mod(hour_ms, (86400000)::bigint))));

CREATE INDEX rejected_payments_without_payload_idx ON public.rejected_payments USING btree (kafka_topic) WHERE (payload IS NULL);

CREATE INDEX scored_payments_card_idx ON public.scored_payments USING btree (card_id, event_time);

CREATE INDEX scored_payments_event_time_idx ON public.scored_payments USING btree (event_time);

CREATE INDEX scored_payments_offset_idx ON public.scored_payments USING btree (kafka_partition, kafka_offset);

CREATE INDEX scored_payments_stored_at_idx ON public.scored_payments USING brin (stored_at) WITH (autosummarize='on');

CREATE TRIGGER case_events_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON public.case_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER decision_policies_changed AFTER INSERT OR DELETE OR UPDATE ON public.decision_policies FOR EACH ROW EXECUTE FUNCTION public.note_policy_change();

CREATE TRIGGER decision_policies_stay BEFORE TRUNCATE ON public.decision_policies FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER model_changes_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON public.model_changes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER policy_changes_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON public.policy_changes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER rule_changes_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON public.rule_changes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER rule_list_entries_added AFTER INSERT ON public.rule_list_entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.note_added_entries();

CREATE TRIGGER rule_list_entries_removed AFTER DELETE ON public.rule_list_entries REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.note_removed_entries();

CREATE TRIGGER rule_list_entries_stay BEFORE UPDATE OR TRUNCATE ON public.rule_list_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER rule_lists_changed AFTER INSERT OR DELETE OR UPDATE ON public.rule_lists FOR EACH ROW EXECUTE FUNCTION public.note_rule_change('list');

CREATE TRIGGER rule_lists_stay BEFORE TRUNCATE ON public.rule_lists FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();

CREATE TRIGGER rules_changed AFTER INSERT OR DELETE OR UPDATE ON public.rules FOR EACH ROW EXECUTE FUNCTION public.note_rule_change('rule');

CREATE TRIGGER rules_stay BEFORE TRUNCATE ON public.rules FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_history();
