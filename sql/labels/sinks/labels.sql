-- labels: where labels are stored, one row each.
--
-- Grain:   one row per payment, moment and source of a label; an upsert, so a repeated label
--          replaces its row
-- Units:   times are UTC
-- Source:  sql/postgres/migrations holds the table this writes to. A label may take seconds, so
--          labels are written in batches
CREATE TEMPORARY TABLE labels (
    transaction_id STRING,
    is_fraud BOOLEAN,
    reason STRING,
    scenario STRING,
    event_time TIMESTAMP(3),
    labelled_at TIMESTAMP(3),
    source STRING,
    arrived_at TIMESTAMP(3),
    kafka_partition INT,
    kafka_offset BIGINT,
    PRIMARY KEY (transaction_id, labelled_at, source) NOT ENFORCED
) WITH (
    'connector' = 'postgres-upsert',
    'url' = '${POSTGRES_JDBC_URL}',
    'username' = '${POSTGRES_USER}',
    'password' = '${POSTGRES_PASSWORD}',
    'table-name' = 'labels'
)
