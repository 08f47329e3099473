-- begin_retraining: note that a retraining begins; the caller holds the lock on retrainings.
--
-- Grain:   one row per retraining
-- Reads:   retrainings
-- Source:  docs/drift.md
INSERT INTO retrainings (run_number, actor, is_scheduled, why)
VALUES (
    (SELECT COALESCE(MAX(run_number), 0) + 1 FROM retrainings),
    %(actor)s,
    %(is_scheduled)s,
    %(why)s
)
RETURNING run_number
