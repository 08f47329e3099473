-- What a service for analysts may do: look at payments and people, say what was fraud, change the
-- decision policy.

GRANT SELECT
ON scored_payments,
alerts,
alert_reasons,
payment_latencies,
model_changes,
model_facts,
model_feature_bins,
drift_events,
retrainings,
policy_changes,
rules,
rule_lists,
rule_list_entries,
rule_changes,
customers,
merchants,
current_labels,
merchant_risk,
merchant_risk_hourly
TO swipestream_api;
GRANT SELECT, INSERT, UPDATE ON labels TO swipestream_api;
GRANT SELECT, UPDATE ON decision_policies TO swipestream_api;
