-- roll_up_frontier: how far the roll-ups have come.
--
-- Grain:   one row
-- Units:   times of the database's clock; fine_from in UTC
-- Source:  refresh_roll_ups moves it
CREATE TABLE dashboards.roll_up_frontier (
    -- Payments stored up to here are in the roll-ups; the views read later ones directly.
    stored_up_to timestamptz NOT NULL,
    -- payment_sums has ten-minute buckets from here on, and whole hours before.
    fine_from timestamp NOT NULL,
    -- When to rebuild victim_visits and label_delays.
    visits_due_at timestamptz NOT NULL DEFAULT '-infinity',
    is_only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (is_only_row)
)
