-- sample_place: where a payment is among all, as if they were dealt out at random.
--
-- Grain:   one value, at least 0 and below 1
-- Source:  by its transaction_id, so a payment is in every sample of a share or in none
CREATE FUNCTION dashboards.sample_place(transaction_id text) RETURNS double precision  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN ('x' || SUBSTR(MD5(transaction_id), 1, 7))::bit(28)::integer / 268435456.0::double precision
