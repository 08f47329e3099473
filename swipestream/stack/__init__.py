"""The embedded Kafka, Postgres and Flink, and how they are watched."""
