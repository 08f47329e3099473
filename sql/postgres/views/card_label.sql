-- card_label: a card as people recognize it: … 3136, Germany (00915ad2).
--
-- Grain:   one text per card
-- Source:  the end of the identifier tells cards with the same digits apart. A name that a card
--          keeps: with the number of its alerts, a filter would lose the card at the next alert
CREATE FUNCTION dashboards.card_label(
    card_id text, card_last4 text, home_country text
) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN FORMAT(
    '… %s, %s (%s)',
    COALESCE(card_last4, '????'),
    dashboards.country_name(home_country),
    RIGHT(card_id, 8)
)
