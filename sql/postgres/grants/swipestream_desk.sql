-- What the analyst's desk may do: look at payments and people, work on cases, leave labels for the
-- topic, and know who its analysts are. It changes no payment, no label and no policy.

GRANT SELECT
ON scored_payments,
alerts,
alert_reasons,
customers,
merchants,
labels,
current_labels,
merchant_risk,
merchant_risk_hours,
merchant_risk_hourly,
device_cards
TO swipestream_desk;
GRANT SELECT, INSERT, UPDATE
ON cases,
case_alerts,
analysts,
analyst_sessions
TO swipestream_desk;
GRANT SELECT, INSERT
ON case_events,
label_outbox
TO swipestream_desk;
