"""Which columns of `scored_payments` are what: sent, looked up, or computed by the stream."""

# As the producer sent them, and where Kafka put the message.
SENT = {
    "transaction_id": "VARCHAR",
    "card_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "merchant_id": "VARCHAR",
    "amount_cents": "BIGINT",
    "currency": "VARCHAR",
    "channel": "VARCHAR",
    "latitude": "DOUBLE",
    "longitude": "DOUBLE",
    "device_id": "VARCHAR",
    "card_last4": "VARCHAR",
    "event_ms": "BIGINT",
}
PLACE = {
    "event_time": "TIMESTAMP",
    "arrived_at": "TIMESTAMP",
    "kafka_partition": "INTEGER",
    "kafka_offset": "BIGINT",
}
# What a lookup returned depends on when it was asked, so it is taken from the stored row.
TAKEN = {
    "is_late": "BOOLEAN",
    "home_latitude": "DOUBLE",
    "home_longitude": "DOUBLE",
    "home_country": "VARCHAR",
    "utc_offset_minutes": "INTEGER",
    "account_opened_ms": "BIGINT",
    "usual_device_id": "VARCHAR",
    "merchant_category": "VARCHAR",
    "merchant_country": "VARCHAR",
    "is_customer_known": "BOOLEAN",
    "is_merchant_known": "BOOLEAN",
}
RECOMPUTED = {
    "previous_ms": "BIGINT",
    "previous_latitude": "DOUBLE",
    "previous_longitude": "DOUBLE",
    "card_txn_count_7d": "INTEGER",
    "card_amount_cents_7d": "BIGINT",
    "card_merchant_count_7d": "INTEGER",
    "card_txn_count_24h": "INTEGER",
    "card_amount_cents_24h": "BIGINT",
    "card_merchant_count_24h": "INTEGER",
    "card_txn_count_5m": "INTEGER",
    "card_amount_cents_5m": "BIGINT",
    "card_merchant_count_5m": "INTEGER",
    "amount_to_card_mean_5m": "DOUBLE",
    "amount_to_card_mean_24h": "DOUBLE",
    "amount_to_card_mean_7d": "DOUBLE",
    "local_hour": "INTEGER",
    "local_weekday": "INTEGER",
    "is_night": "INTEGER",
    "seconds_since_previous": "DOUBLE",
    "km_from_previous": "DOUBLE",
    "kmh_from_previous": "DOUBLE",
    "km_from_home": "DOUBLE",
    "is_foreign": "INTEGER",
    "is_usual_device": "INTEGER",
    "account_age_days": "DOUBLE",
}
SCORED = {
    "score": "DOUBLE",
    "model_version": "VARCHAR",
    "score_error": "VARCHAR",
    "challenger_score": "DOUBLE",
    "challenger_version": "VARCHAR",
    "pipeline_version": "VARCHAR",
}
STORED = SENT | PLACE | TAKEN | RECOMPUTED | SCORED
