-- What the job and the keeper of rejected payloads may do. Names and e-mails are not theirs.

GRANT SELECT (
    customer_id,
    home_latitude,
    home_longitude,
    home_country,
    utc_offset_minutes,
    account_opened_ms,
    usual_device_id
) ON customers TO swipestream_stream;
GRANT SELECT ON merchants, decision_policies TO swipestream_stream;

-- An upsert reads the key it writes.
GRANT SELECT, INSERT, UPDATE
ON scored_payments, alerts, rejected_payments, duplicate_payments TO swipestream_stream;
