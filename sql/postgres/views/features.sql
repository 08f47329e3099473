-- features: what each feature of the model is.
--
-- Grain:   one row per feature; input_number counts from 1 in the order of the model's input
-- Source:  the one row here stands for those that the headers of the pipeline's SQL files make:
--          docs/features.md
CREATE VIEW dashboards.features AS
SELECT
    input_number,
    feature,
    unit,
    meaning
FROM (VALUES (0, 'feature', 'unit', 'meaning')) AS told (input_number, feature, unit, meaning)
