-- card_link: a link to the time line of a card.
--
-- Grain:   one text of HTML per card
-- Source:  the card is in the address as the page's own filter writes it (rison, where ! escapes),
--          all of it as hex digits; the text of the link are digits
CREATE FUNCTION dashboards.card_link(card text, card_last4 text) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN FORMAT(
    '<a href="/superset/dashboard/card-time-line/?native_filters=%s">… %s</a>',
    dashboards.url_escaped(
        REPLACE(
            '(NATIVE_FILTER-card:(id:NATIVE_FILTER-card,'
            || 'extraFormData:(filters:!((col:card,op:IN,val:!(CARD)))),'
            || 'filterState:(label:CARD,validateStatus:!f,value:!(CARD))))',
            'CARD',
            '''' || REPLACE(REPLACE(card, '!', '!!'), '''', '!''') || ''''
        )
    ),
    COALESCE(REGEXP_REPLACE(card_last4, '[^0-9]', '', 'g'), '????')
)
