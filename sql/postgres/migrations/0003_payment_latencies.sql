-- How long each payment took, from the moment the gateway accepted it to its committed row.

CREATE FUNCTION committed_at(row_xmin xid, stored_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CASE
    -- Needs track_commit_timestamp, which the embedded database has. Elsewhere the time at which
    -- the row was written stands in: it lacks the commit itself.
    WHEN CURRENT_SETTING('track_commit_timestamp') = 'on' THEN pg_xact_commit_timestamp(row_xmin)
    ELSE stored_at
END;

CREATE VIEW payment_latencies AS
SELECT
    transaction_id,
    kafka_partition,
    kafka_offset,
    event_time,
    is_late,
    decision,
    is_degraded,
    EXTRACT(
        EPOCH FROM committed_at(xmin, stored_at) - (event_time AT TIME ZONE 'UTC')
    ) * 1000 AS latency_ms
FROM scored_payments;
