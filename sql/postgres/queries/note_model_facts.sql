-- note_model_facts: what training measured of a model; recorded once, as a bundle never changes.
--
-- Grain:   one row per model version
-- Units:   as in model_facts
-- Source:  bundle.json; docs/model_bundle.md. A row of an earlier version lacks the newer columns
INSERT INTO model_facts AS f (
    model_version,
    average_precision,
    reviews_per_day,
    review_share,
    test_score_bands,
    tested_precision,
    tested_recall
)
VALUES (
    %(model_version)s,
    %(average_precision)s,
    %(reviews_per_day)s,
    %(review_share)s,
    %(test_score_bands)s,
    %(tested_precision)s,
    %(tested_recall)s
)
ON CONFLICT (model_version) DO UPDATE SET
    tested_precision = COALESCE(f.tested_precision, excluded.tested_precision),
    tested_recall = COALESCE(f.tested_recall, excluded.tested_recall)
