-- newest_stored: how old the newest stored payment is.
--
-- Grain:   one row
-- Reads:   scored_payments
-- Units:   seconds; NULL while there is no payment
-- Source:  by the database's clock, so that the client's does not matter
SELECT EXTRACT(EPOCH FROM CLOCK_TIMESTAMP() AT TIME ZONE 'UTC' - MAX(event_time))::float8
FROM scored_payments
