-- fraud_labels: all labels of the payments that some label calls fraud.
--
-- Grain:   one row per label event
-- Reads:   labels_on_disk
-- Source:  a payment that is never called fraud counts as one without a label, and a file may label
--          every payment
CREATE TEMPORARY VIEW fraud_labels AS
WITH suspected AS (
    SELECT DISTINCT transaction_id
    FROM labels_on_disk
    WHERE is_fraud
)

SELECT labels.*
FROM labels_on_disk AS labels
INNER JOIN suspected ON labels.transaction_id = suspected.transaction_id
