-- note_feature_bins: how a model's features were spread in training; recorded once.
--
-- Grain:   one row per model version and feature
-- Units:   as in model_feature_bins
-- Source:  bundle.json; docs/model_bundle.md
INSERT INTO model_feature_bins (
    model_version,
    feature,
    kind,
    importance,
    edges,
    categories,
    unknown_share,
    shares,
    usual_psi
)
VALUES (
    %(model_version)s,
    %(feature)s,
    %(kind)s,
    %(importance)s,
    %(edges)s,
    %(categories)s,
    %(unknown_share)s,
    %(shares)s,
    %(usual_psi)s
)
ON CONFLICT (model_version, feature) DO NOTHING
