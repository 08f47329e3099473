-- What the decision API may do: read what a payment's features need, keep its answers, and know who
-- may ask. It may not read names or e-mail addresses.

GRANT SELECT (
    customer_id,
    home_latitude,
    home_longitude,
    home_country,
    utc_offset_minutes,
    account_opened_ms,
    usual_device_id
) ON customers TO swipestream_decisions;
GRANT SELECT
ON scored_payments,
alerts,
duplicate_payments,
conflicting_payments,
merchants,
merchant_risk_days,
decision_policies,
topic_beginnings,
api_keys
TO swipestream_decisions;
GRANT SELECT (
    kafka_topic,
    kafka_partition,
    kafka_offset,
    arrived_at,
    reason
) ON rejected_payments TO swipestream_decisions;
GRANT SELECT, INSERT, UPDATE ON decisions TO swipestream_decisions;
-- The words for what speaks for fraud.
GRANT USAGE ON SCHEMA dashboards TO swipestream_decisions;
