-- features: what each feature of the model is.
--
-- Grain:   one row per feature; input_number counts from 1 in the order of the model's input
-- Source:  rows are filled in from the headers of the pipeline's SQL files: docs/features.md
CREATE VIEW dashboards.features AS
SELECT
    input_number,
    feature,
    unit,
    meaning
FROM (VALUES ${FEATURES}) AS told (input_number, feature, unit, meaning)
