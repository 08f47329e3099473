-- rejected_labels: where messages that are not usable labels are recorded.
--
-- Grain:   one row per rejected Kafka message; an upsert, so a restart does not duplicate it
-- Units:   times are UTC
-- Source:  sql/postgres/migrations holds the table this writes to
CREATE TEMPORARY TABLE rejected_labels (
    kafka_partition INT,
    kafka_offset BIGINT,
    kafka_topic STRING,
    reason STRING,
    arrived_at TIMESTAMP(3),
    rejected_at TIMESTAMP(3),
    PRIMARY KEY (kafka_topic, kafka_partition, kafka_offset) NOT ENFORCED
) WITH (
    'connector' = 'postgres-upsert',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'rejected_labels'
)
