-- fill_simulated_truth: what a simulator would know of the payments.
--
-- Grain:   one row per payment that is fraud
-- Reads:   labels, alerts
-- Units:   as simulated_frauds
-- Source:  what the labels say, and of the alerts that have none yet, as many as of the others
WITH runs AS (
    INSERT INTO simulated_runs (id_pattern) VALUES ('p-%')
)

INSERT INTO simulated_frauds (transaction_id, scenario)
SELECT
    l.transaction_id,
    'made_up'
FROM labels AS l
WHERE l.is_fraud AND l.transaction_id LIKE 'p-%'
UNION
SELECT
    a.transaction_id,
    'made_up'
FROM alerts AS a
WHERE
    NOT EXISTS (
        SELECT 1 FROM labels AS l
        WHERE a.transaction_id = l.transaction_id
    )
    AND RANDOM() < 0.6
