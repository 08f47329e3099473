-- Rules and lists of the fraud team, who changed them, when and why; and what fired for a payment.

CREATE TABLE rules (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    -- Goes up whenever the rule is changed.
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    -- All of them hold for a payment that it fires for: column, operator, value.
    conditions jsonb NOT NULL CHECK (JSONB_TYPEOF(conditions) = 'array'),
    action text NOT NULL CHECK (action IN ('allow', 'block', 'review')),
    state text NOT NULL CHECK (state IN ('off', 'shadow', 'live'))
);

CREATE TABLE rule_lists (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    kind text NOT NULL CHECK (kind IN ('cards', 'merchants', 'devices', 'countries'))
);

CREATE TABLE rule_list_entries (
    list_name text NOT NULL REFERENCES rule_lists (name),
    value text NOT NULL CHECK (value <> ''),
    -- It no longer counts for payments from then on; NULL if it does not expire.
    expires_ms bigint,
    PRIMARY KEY (list_name, value)
);

-- The database writes these rows itself, so that no way of changing a rule goes unnoticed. Numbers
-- are given without a gap, as in model_changes. The newest one is the version of the rules, which
-- every payment that they were applied to names.
CREATE TABLE rule_changes (
    change_number integer PRIMARY KEY CHECK (change_number > 0),
    changed_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    actor text NOT NULL CHECK (actor <> ''),
    why text NOT NULL CHECK (why <> ''),
    -- Of a list, entries are taken out and added.
    subject text NOT NULL CHECK (subject IN ('rule', 'list', 'entries')),
    name text NOT NULL,
    -- The row of `rules` or `rule_lists`; of entries, their expiry by value, of those that changed
    -- only. NULL if there was or is none.
    before jsonb,
    after jsonb,
    CHECK (before IS NOT NULL OR after IS NOT NULL)
);

CREATE TRIGGER rule_changes_only_grow
BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

-- Who and why come from the transaction's settings swipestream.actor and .why, as for the policy.
CREATE FUNCTION add_rule_change(subject text, name text, before jsonb, after jsonb)
RETURNS void  -- noqa: CP05
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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

-- Only the triggers below add changes.
REVOKE ALL ON FUNCTION add_rule_change FROM public;

CREATE FUNCTION note_rule_change() RETURNS trigger  -- noqa: CP03
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM add_rule_change(
        TG_ARGV[0], COALESCE(new.name, old.name), TO_JSONB(old), TO_JSONB(new)
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER rules_changed
AFTER INSERT OR UPDATE OR DELETE ON rules
FOR EACH ROW EXECUTE FUNCTION note_rule_change('rule');  -- noqa: CP03

CREATE TRIGGER rule_lists_changed
AFTER INSERT OR UPDATE OR DELETE ON rule_lists
FOR EACH ROW EXECUTE FUNCTION note_rule_change('list');  -- noqa: CP03

-- A file of 100,000 entries is one change.
CREATE FUNCTION note_added_entries() RETURNS trigger  -- noqa: CP03
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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

CREATE FUNCTION note_removed_entries() RETURNS trigger  -- noqa: CP03
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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

CREATE TRIGGER rule_list_entries_added
AFTER INSERT ON rule_list_entries
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION note_added_entries();  -- noqa: CP03

CREATE TRIGGER rule_list_entries_removed
AFTER DELETE ON rule_list_entries
REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION note_removed_entries();  -- noqa: CP03

-- An entry is taken out and added again, which is two changes that can be followed.
CREATE TRIGGER rule_list_entries_stay
BEFORE UPDATE OR TRUNCATE ON rule_list_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

CREATE TRIGGER rules_stay
BEFORE TRUNCATE ON rules
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

CREATE TRIGGER rule_lists_stay
BEFORE TRUNCATE ON rule_lists
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

-- Names with commas between them; NULL if none fired.
ALTER TABLE scored_payments
ADD COLUMN rules_fired text,
ADD COLUMN shadow_rules_fired text,
ADD COLUMN rule_action text,
ADD COLUMN rules_version integer;

ALTER TABLE alerts
ADD COLUMN rules_fired text,
ADD COLUMN shadow_rules_fired text,
ADD COLUMN rule_action text,
ADD COLUMN rules_version integer;
