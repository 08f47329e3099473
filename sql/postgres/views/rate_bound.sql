-- rate_bound: a rate of fraud once all labels have come, as far as is known now.
--
-- Grain:   one value in [0, 1], or NULL where nothing is known
-- Units:   counts of payments. found_count are known to be; least_count and most_count are certain
--          limits; arrived_count adds up the share of its labels that has come for each payment
-- Source:  a payment counts as far as its labels have come, so expected = found / arrived. The
--          limits are Wilson's interval (1927, 95 of 100) of what is found so far, divided by the
--          share that has come, and never beyond what is certain. With labels worth fewer than
--          five payments nothing is expected
CREATE FUNCTION dashboards.rate_bound(
    series text,
    found_count double precision,
    least_count double precision,
    most_count double precision,
    payment_count double precision,
    arrived_count double precision
) RETURNS double precision  -- noqa: CP05
LANGUAGE sql IMMUTABLE
AS $$
    WITH shares AS (
        SELECT
            found_count / NULLIF(payment_count, 0) AS found,
            least_count / NULLIF(payment_count, 0) AS least,
            most_count / NULLIF(payment_count, 0) AS most,
            NULLIF(arrived_count, 0) / NULLIF(payment_count, 0) AS arrived,
            1.96 ^ 2 / NULLIF(payment_count, 0) AS spread
    ),

    intervals AS (
        SELECT
            s.found,
            s.least,
            s.most,
            s.arrived,
            (s.found + s.spread / 2) / (1 + s.spread) AS middle,
            SQRT(s.spread * s.found * (1 - s.found) + s.spread ^ 2 / 4) / (1 + s.spread) AS reach
        FROM shares AS s
    )

    SELECT
        CASE series
            WHEN 'at least' THEN LEAST(i.most, GREATEST(i.least, (i.middle - i.reach) / i.arrived))
            WHEN 'at most' THEN
                CASE
                    WHEN i.arrived IS NULL THEN i.most
                    ELSE LEAST(i.most, GREATEST(i.least, (i.middle + i.reach) / i.arrived))
                END
            WHEN 'expected' THEN
                CASE WHEN arrived_count >= 5 THEN LEAST(i.most, i.found / i.arrived) END
            ELSE i.found
        END
    FROM intervals AS i
$$
