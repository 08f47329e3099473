"""What answers while somebody waits; runs in a separate environment, without Flink."""
