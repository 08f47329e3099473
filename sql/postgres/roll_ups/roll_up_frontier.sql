-- roll_up_frontier: how far the roll-ups have come.
--
-- Grain:   one row
-- Units:   times of the database's clock; fine_from in UTC
-- Source:  refresh_roll_ups moves it
CREATE TABLE dashboards.roll_up_frontier (
    -- Payments stored up to here are in the roll-ups; the views read the others themselves.
    stored_up_to timestamptz NOT NULL,
    -- From here on payment_sums counts ten minutes at a time, before it whole hours.
    fine_from timestamp NOT NULL,
    -- When victim_visits is to be made anew.
    visits_due_at timestamptz NOT NULL DEFAULT '-infinity',
    is_only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (is_only_row)
)
