-- What dashboards may read: no names or addresses, and no payloads of rejected messages.

GRANT SELECT
ON scored_payments,
alerts,
alert_reasons,
duplicate_payments,
conflicting_payments,
redriven_messages,
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
labels,
current_labels,
rejected_labels,
merchant_risk,
merchant_risk_hours,
merchant_risk_hourly,
merchants,
decision_policies
TO swipestream_dashboards;
GRANT SELECT (
    customer_id,
    home_country,
    home_city,
    utc_offset_minutes,
    account_opened_at,
    account_opened_ms,
    segment
) ON customers TO swipestream_dashboards;
GRANT SELECT (
    kafka_topic,
    kafka_partition,
    kafka_offset,
    reason,
    arrived_at,
    rejected_at,
    is_payload_lost,
    redriven_at
) ON rejected_payments TO swipestream_dashboards;

-- The views, which run as the owner; not the roll-ups behind them.
GRANT USAGE ON SCHEMA dashboards TO swipestream_dashboards;
GRANT SELECT
ON dashboards.payment_volume,
dashboards.suspected_payments,
dashboards.alerted_cards,
dashboards.pipeline_latency,
dashboards.message_outcomes,
dashboards.payment_conflicts,
dashboards.pipeline_state,
dashboards.pipeline_now,
dashboards.card_payments,
dashboards.card_reasons,
dashboards.card_features,
dashboards.model_verdicts,
dashboards.model_rates,
dashboards.score_bands,
dashboards.model_ranking,
dashboards.model_contest,
dashboards.score_spread,
dashboards.review_load,
dashboards.feature_drift,
dashboards.drift_signals,
dashboards.drift_events,
dashboards.merchants_now,
dashboards.merchant_risk_over_time,
dashboards.compromised_suspects
TO swipestream_dashboards;
