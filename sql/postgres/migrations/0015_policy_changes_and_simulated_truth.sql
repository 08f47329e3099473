-- Who changed the decision policy, when, why, and from what to what; and what the simulator knows.

-- The database writes these rows itself, so that no way of changing the policy goes unnoticed.
-- Numbers are given without a gap, as in model_changes.
CREATE TABLE policy_changes (
    change_number integer PRIMARY KEY CHECK (change_number > 0),
    changed_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    actor text NOT NULL CHECK (actor <> ''),
    why text NOT NULL CHECK (why <> ''),
    -- What the values were chosen by, such as a model's curve; NULL if somebody gave them.
    chosen_by text,
    channel text NOT NULL,
    -- The channel's row of decision_policies; NULL if there was or is none.
    before jsonb,
    after jsonb,
    CHECK (before IS NOT NULL OR after IS NOT NULL)
);

CREATE TRIGGER policy_changes_only_grow
BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

INSERT INTO policy_changes (change_number, actor, why, channel, after)
SELECT
    ROW_NUMBER() OVER (ORDER BY p.channel) AS change_number,
    SESSION_USER AS actor,
    'found when changes of the policy began to be recorded' AS why,
    p.channel,
    TO_JSONB(p) AS after
FROM decision_policies AS p;

-- Who and why come from the transaction's settings swipestream.actor, .why and .chosen_by. The
-- table belongs to the owner, so that nobody else needs a right to write to it.
CREATE FUNCTION note_policy_change() RETURNS trigger  -- noqa: CP03
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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

CREATE TRIGGER decision_policies_changed
AFTER INSERT OR UPDATE OR DELETE ON decision_policies
FOR EACH ROW EXECUTE FUNCTION note_policy_change();  -- noqa: CP03

-- Without rows there is nothing to record, and the job would decide without a policy.
CREATE TRIGGER decision_policies_stay
BEFORE TRUNCATE ON decision_policies
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

-- What the demo's simulator knows of the payments it sent, so that dashboards can say how far the
-- labels known so far are from the truth. No model, feature or decision reads it.
CREATE TABLE simulated_runs (
    -- Matches the transaction_ids of a run. A payment of a run that is not in simulated_frauds is
    -- genuine.
    id_pattern text PRIMARY KEY,
    noted_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP()
);

CREATE TABLE simulated_frauds (
    transaction_id text PRIMARY KEY,
    scenario text NOT NULL
);
