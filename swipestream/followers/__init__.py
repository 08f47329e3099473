"""The small processes beside the Flink job, and how they are run."""
