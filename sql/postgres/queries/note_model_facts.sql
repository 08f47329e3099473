-- note_model_facts: what training found out about a model; noted once, a bundle does not change.
--
-- Grain:   one row per model version
-- Units:   as model_facts
-- Source:  bundle.json; docs/model_bundle.md
INSERT INTO model_facts (
    model_version,
    average_precision,
    reviews_per_day,
    review_share,
    test_score_bands
)
VALUES (
    %(model_version)s,
    %(average_precision)s,
    %(reviews_per_day)s,
    %(review_share)s,
    %(test_score_bands)s
)
ON CONFLICT (model_version) DO NOTHING
