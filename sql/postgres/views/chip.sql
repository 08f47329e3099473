-- chip: a word on a colored ground, for a cell of a table.
--
-- Grain:   one text of HTML per word
-- Units:   meaning is bad (red), watch (amber), good (green), usual (blue) or none (grey)
-- Source:  the colors of superset/; takes only words that are written in these views
CREATE FUNCTION dashboards.chip(word text, meaning text) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN FORMAT(
    '<span style="background-color:%s;color:%s;border-radius:9px;padding:1px 9px">%s</span>',
    CASE meaning
        WHEN 'bad' THEN '#C8324A'
        WHEN 'watch' THEN '#E3A23B'
        WHEN 'good' THEN '#2E7D4F'
        WHEN 'usual' THEN '#4A6FA5'
        ELSE '#DDE3EA'
    END,
    CASE WHEN meaning IN ('bad', 'good', 'usual') THEN '#FFFFFF' ELSE '#1F2933' END,
    word
)
