-- channel_days: what the decisions did on each day and channel.
--
-- Grain:   one row per day_ms and channel with a payment
-- Reads:   measured_payments
-- Units:   *_ms are UTC epoch milliseconds; *_cents are minor units of the card currency;
--          fraud_cents happened, lost_cents of them were not stopped, review_cents is the analysts'
--          work, insult_cents what genuine customers that wait or are refused cost
CREATE TEMPORARY VIEW channel_days AS
SELECT
    day_ms,
    week_ms,
    channel,
    COUNT(*) AS payment_count,
    COUNT(*) FILTER (WHERE decision = 'review') AS review_count,
    COUNT(*) FILTER (WHERE decision = 'block') AS block_count,
    COUNT(*) FILTER (WHERE label = 1) AS fraud_count,
    COUNT(*) FILTER (WHERE label = 1 AND is_alert) AS found_count,
    COUNT(*) FILTER (WHERE label = 0 AND decision = 'review') AS genuine_review_count,
    COUNT(*) FILTER (WHERE label = 0 AND decision = 'block') AS genuine_block_count,
    CAST(SUM(CASE WHEN label = 1 THEN amount_cents ELSE 0 END) AS DOUBLE) AS fraud_cents,
    SUM(lost_cents) AS lost_cents,
    SUM(review_cents) AS review_cents,
    SUM(insult_cents) AS insult_cents
FROM measured_payments
GROUP BY
    day_ms,
    week_ms,
    channel
