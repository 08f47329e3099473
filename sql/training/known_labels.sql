-- known_labels: what was known of each labeled payment when the training set was built.
--
-- Grain:   one row per transaction_id that has a label by then
-- Reads:   labels_on_disk, label_cutoff
-- Window:  all labels of a payment
-- Units:   *_ms are UTC epoch milliseconds
-- Order:   a label that arrives after known_at_ms is ignored; of several, the newest counts, and
--          of equally new ones, the one that says fraud
-- Source:  labels from the future are the classic leak: Dal Pozzolo et al. 2015,
--          doi:10.1109/IJCNN.2015.7280527
CREATE TEMPORARY VIEW known_labels AS
WITH labels AS (
    SELECT
        transaction_id,
        is_fraud,
        scenario,
        labelled_ms,
        source,
        ROW_NUMBER() OVER (
            PARTITION BY transaction_id
            ORDER BY labelled_ms DESC, is_fraud DESC
        ) AS newest_first
    FROM labels_on_disk
    WHERE labelled_ms <= (SELECT label_cutoff.known_at_ms FROM label_cutoff)
)

SELECT
    transaction_id,
    is_fraud,
    scenario,
    labelled_ms,
    source
FROM labels
WHERE newest_first = 1
