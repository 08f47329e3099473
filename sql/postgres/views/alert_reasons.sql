-- alert_reasons: why a payment is an alert, in words: what speaks for fraud, then what against.
--
-- Grain:   one text per payment; NULL of one without reasons
-- Reads:   alert_reasons
-- Source:  the words are those of swipestream/reasons/wording.py; terminal and dashboards show them
CREATE FUNCTION dashboards.alert_reasons(number text, card text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT STRING_AGG(
        CASE WHEN reason.kind = 'against' THEN 'against: ' ELSE '' END || reason.text,
        '; ' ORDER BY reason.rank
    )
    FROM alert_reasons AS reason
    WHERE
        reason.transaction_id = number
        AND reason.card_id = card
        AND reason.kind IN ('rule', 'for', 'against')
$$
