-- decision_chip: what was decided about a payment, in the color that it has in every chart.
--
-- Grain:   one text of HTML per decision
-- Source:  red is to block, amber to review, blue everything else
CREATE FUNCTION dashboards.decision_chip(decision text) RETURNS text  -- noqa: CP05
LANGUAGE sql IMMUTABLE
RETURN CASE decision
    WHEN 'block' THEN dashboards.chip('block', 'bad')
    WHEN 'review' THEN dashboards.chip('review', 'watch')
    ELSE dashboards.chip('approve', 'usual')
END
