-- duration_in_words: a duration as people say it: 12 s, 4 min, 3 h 20 min, 8 d 2 h.
--
-- Grain:   one text per duration; NULL without one
-- Units:   seconds; the two largest units, the smaller one rounded down
-- Source:  tables and tiles cannot say it by themselves
CREATE FUNCTION dashboards.duration_in_words(seconds double precision) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN seconds < 120 THEN FLOOR(seconds) || ' s'
    WHEN seconds < 2 * 3600 THEN FLOOR(seconds / 60) || ' min'
    WHEN seconds < 2 * 86400
        THEN FORMAT(
            '%s h %s min',
            FLOOR(seconds / 3600),
            MOD(FLOOR(seconds / 60)::bigint, 60)
        )
    WHEN seconds IS NOT NULL
        THEN FORMAT('%s d %s h', FLOOR(seconds / 86400), MOD(FLOOR(seconds / 3600)::bigint, 24))
END
