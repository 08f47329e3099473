-- card_weeks: the cards with an alert or a fraud, to draw cards again from.
--
-- Grain:   one row per card_id, week_ms and channel with an alert or a fraud
-- Reads:   measured_payments
-- Units:   *_ms are UTC epoch milliseconds; saved_cents is against approving everything
-- Source:  a card's payments resemble each other, so whole cards are drawn: Field and Welsh 2007,
--          doi:10.1111/j.1467-9868.2007.00593.x. All other cards add nothing to these sums
CREATE TEMPORARY VIEW card_weeks AS
SELECT
    card_id,
    week_ms,
    channel,
    COUNT(*) FILTER (WHERE is_alert) AS alert_count,
    COUNT(*) FILTER (WHERE is_alert AND label = 1) AS found_count,
    COUNT(*) FILTER (WHERE label = 1) AS fraud_count,
    CAST(SUM(CASE WHEN label = 1 THEN amount_cents ELSE 0 END) AS DOUBLE)
    - SUM(lost_cents + review_cents + insult_cents) AS saved_cents
FROM measured_payments
WHERE is_alert OR label = 1
GROUP BY
    card_id,
    week_ms,
    channel
