-- look_at_first: Alerts of the last day by what is at stake
--
-- Score times amount, in the currency of the card. The identifiers are those of the payments.
SELECT
    s.transaction_id,
    s.event_time,
    s.decision,
    s.at_stake,
    s.amount,
    s.currency,
    s.score_pct,
    s.card,
    s.merchant,
    s.merchant_country,
    s.reasons
FROM dashboards.suspected_payments AS s
WHERE s.event_time > NOW() AT TIME ZONE 'UTC' - INTERVAL '1 day'
ORDER BY s.at_stake DESC
LIMIT 100
