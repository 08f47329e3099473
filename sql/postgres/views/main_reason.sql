-- main_reason: what speaks most for fraud in an alert, short enough for a cell of a table.
--
-- Grain:   one text per payment; NULL of one without reasons
-- Reads:   alert_reasons
-- Source:  the words are those of swipestream/reasons/wording.py
CREATE FUNCTION dashboards.main_reason(number text, card text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT reason.text
    FROM alert_reasons AS reason
    WHERE
        reason.transaction_id = number
        AND reason.card_id = card
        AND reason.rank = 1
        AND reason.kind IN ('rule', 'for')
$$
