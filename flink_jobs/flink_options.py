"""How Flink runs a job: the options that no setting changes."""

OPTIONS = {
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
    # The source hands records on so often; when they wait already, full buffers go at once.
    "execution.buffer-timeout.interval": "5 ms",
    # Where functions/ stands in front of PyFlink, a bundle ends when nothing more waits, at most so
    # often and at least so often (ADR 0033); elsewhere after PyFlink's fixed time.
    "swipestream.bundle.least-interval": "5 ms",
    "swipestream.bundle.longest": "100 ms",
    "python.fn-execution.bundle.time": "10",
    "python.fn-execution.bundle.size": "2000",
    "python.fn-execution.arrow.batch.size": "2000",
}
