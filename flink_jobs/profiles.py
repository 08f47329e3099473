"""How Flink runs a job: settings that trade latency for throughput, and those that never change."""

ALWAYS = {
    "table.local-time-zone": "UTC",
    # The sinks upsert by key on append-only input: nothing has to be put in order first.
    "table.exec.sink.upsert-materialize": "NONE",
    "table.exec.sink.not-null-enforcer": "ERROR",
    "pipeline.object-reuse": "true",
    # At least once is not enough: a payment that is in its card's saved history and is read again
    # after a restart would count as a copy of itself.
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "execution.checkpointing.timeout": "2 min",
    "execution.checkpointing.tolerable-failed-checkpoints": "10",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "500 ms",
    "restart-strategy.exponential-delay.max-backoff": "5 s",
    "restart-strategy.exponential-delay.attempts-before-reset-backoff": "2147483647",
}

LATENCY = {
    "execution.buffer-timeout.interval": "0 ms",
    "python.fn-execution.bundle.time": "10",
    "python.fn-execution.bundle.size": "1000",
    "python.fn-execution.arrow.batch.size": "1000",
}

BULK = {
    "execution.buffer-timeout.interval": "100 ms",
    "python.fn-execution.bundle.time": "200",
    "python.fn-execution.bundle.size": "10000",
    "python.fn-execution.arrow.batch.size": "10000",
}

PROFILES = {"latency": ALWAYS | LATENCY, "bulk": ALWAYS | BULK}
