-- label_sources: where two sources have labeled the same payments, how often they contradict.
--
-- Grain:   one row per pair of sources that have labeled at least one payment both
-- Reads:   labels_on_disk, label_cutoff
-- Window:  labels known by known_at_ms
-- Units:   counts of payments; the newest label of each source counts
-- Order:   labels that arrive after known_at_ms are not counted
-- Source:  docs/model_bundle.md, "The gate": a source that is wrong is noticed by the others
CREATE TEMPORARY VIEW label_sources AS
WITH labels AS (
    SELECT
        transaction_id,
        is_fraud,
        COALESCE(source, 'unknown') AS source,
        ROW_NUMBER() OVER (
            PARTITION BY transaction_id, COALESCE(source, 'unknown')
            ORDER BY labelled_ms DESC, is_fraud DESC
        ) AS newest_first
    FROM labels_on_disk
    WHERE labelled_ms <= (SELECT label_cutoff.known_at_ms FROM label_cutoff)
)

SELECT
    ours.source,
    theirs.source AS other_source,
    COUNT(*) AS both_count,
    COUNT(*) FILTER (WHERE ours.is_fraud <> theirs.is_fraud) AS contradicted_count
FROM labels AS ours
INNER JOIN labels AS theirs
    ON ours.transaction_id = theirs.transaction_id AND ours.source < theirs.source
WHERE ours.newest_first = 1 AND theirs.newest_first = 1
GROUP BY ours.source, theirs.source
ORDER BY ours.source, theirs.source
