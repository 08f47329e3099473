-- Who made which model decide, when and why; and what the challenger said of each payment.

-- A row is written before the change it describes. Numbers are given without a gap, so that a row
-- that was taken out all the same would be missed.
CREATE TABLE model_changes (
    change_number integer PRIMARY KEY CHECK (change_number > 0),
    changed_at timestamptz NOT NULL DEFAULT CLOCK_TIMESTAMP(),
    actor text NOT NULL CHECK (actor <> ''),
    -- promote and rollback change the champion, challenge and withdraw the challenger; refuse is a
    -- candidate that its gate refused, which changes neither.
    action text NOT NULL
    CHECK (action IN ('promote', 'rollback', 'challenge', 'withdraw', 'refuse')),
    from_version text,
    to_version text,
    why text NOT NULL CHECK (why <> ''),
    is_forced boolean NOT NULL DEFAULT FALSE,
    -- The verdict of to_version with its figures, as it was then.
    gate jsonb
);

CREATE FUNCTION refuse_to_change_history() RETURNS trigger  -- noqa: CP03
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is only added to: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER model_changes_only_grow
BEFORE UPDATE OR DELETE OR TRUNCATE ON model_changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();  -- noqa: CP03

ALTER TABLE scored_payments
ADD COLUMN challenger_score double precision,
ADD COLUMN challenger_version text;

ALTER TABLE alerts
ADD COLUMN challenger_score double precision,
ADD COLUMN challenger_version text;
