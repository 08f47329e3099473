-- end_retraining: note what became of a retraining.
--
-- Grain:   one row per retraining
-- Source:  docs/drift.md
UPDATE retrainings
SET finished_at = CLOCK_TIMESTAMP(), model_version = %(model_version)s, outcome = %(outcome)s
WHERE run_number = %(run_number)s
