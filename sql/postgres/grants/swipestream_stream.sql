-- What the jobs, the keeper of rejected payloads, the refresh of merchant risk, the reasons and the
-- cases of alerts may do. They may not read names or e-mail addresses.

GRANT SELECT (
    customer_id,
    home_latitude,
    home_longitude,
    home_country,
    utc_offset_minutes,
    account_opened_ms,
    usual_device_id
) ON customers TO swipestream_stream;
GRANT SELECT ON merchants, decision_policies, merchant_risk_days TO swipestream_stream;

-- An upsert reads the key it writes.
GRANT SELECT, INSERT, UPDATE
ON scored_payments,
alerts,
alert_reasons,
rejected_payments,
duplicate_payments,
conflicting_payments,
labels,
rejected_labels,
merchant_payment_counts,
merchant_labels,
merchant_risk,
merchant_risk_hours
TO swipestream_stream;

-- Opens cases and sends their labels; what analysts write is not changed here.
GRANT SELECT, INSERT, UPDATE
ON cases,
case_alerts,
device_cards,
case_progress
TO swipestream_stream;
GRANT SELECT, INSERT ON case_events TO swipestream_stream;
GRANT SELECT, UPDATE ON label_outbox TO swipestream_stream;
