-- note_model_facts: what training measured of a model; recorded once, as a bundle never changes.
--
-- Grain:   one row per model version
-- Units:   as in model_facts
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
