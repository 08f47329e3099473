-- in_words: a code of the stream as people read it: gift_cards is Gift cards, atm Cash machine.
--
-- Grain:   one text per code; Unknown without one
-- Source:  charts filter each other by these words, so all views take them from here
CREATE FUNCTION dashboards.in_words(code text) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN CASE code
    WHEN 'pos' THEN 'Terminal'
    WHEN 'atm' THEN 'Cash machine'
    ELSE
        COALESCE(
            UPPER(LEFT(code, 1)) || REPLACE(SUBSTR(code, 2), '_', ' '),
            'Unknown'
        )
END
