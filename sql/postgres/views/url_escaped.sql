-- url_escaped: any text as a part of an address, each byte as a percent sign and two hex digits.
--
-- Grain:   one text per text
-- Source:  identifiers come from messages: nothing of them may end a link or begin another tag
CREATE FUNCTION dashboards.url_escaped(plain text) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN REGEXP_REPLACE(ENCODE(CONVERT_TO(plain, 'UTF8'), 'hex'), '(..)', '%\1', 'g')
